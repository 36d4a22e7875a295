/**
 * Atoms: the differences between the present world and the approved one that can be set apart, each with what a world without it is made by. What belongs
 * together is one atom: go.mod and go.sum, the lines of one variable wherever they stand.
 */

import type { Facet } from '../../catalog/facets.ts';
import type { Origin } from '../../drift/model.ts';
import type { ModFileKind } from '../../go/modfile-merge.ts';
import type { TreeKind } from '../../go/unpacked.ts';
import type { PartSuspect } from './parts.ts';
import type { Suspect } from './search.ts';

/** One change of a world, by data alone; who builds the world puts those of one file together. */
export type Change =
  | /** A variable of the process; undefined is not set. */ {
      readonly do: 'process';
      readonly name: string;
      readonly value?: string;
    }
  | /** A directory that comes first on PATH. */ { readonly do: 'path'; readonly directory: string }
  | /** The lines of one variable in a file of settings, as an older copy has them. `was` undefined: there was no such file. */ {
      readonly do: 'settings';
      readonly path: string;
      readonly name: string;
      readonly was?: Uint8Array;
      readonly now: Uint8Array;
      readonly mode: number;
    }
  | /** Lines that go, by their numbers, from 1. */ {
      readonly do: 'lines';
      readonly path: string;
      /** The variable that they set. */
      readonly name: string;
      readonly lines: readonly number[];
      readonly now: Uint8Array;
      readonly mode: number;
    }
  | /** A flag after those of GOFLAGS, as this world has it: of the process, else of the GOENV file, else `otherwise`. */ {
      readonly do: 'flag';
      readonly flag: string;
      readonly goenv: string;
      readonly now: Uint8Array;
      readonly otherwise: string;
    }
  | { readonly do: 'write'; readonly path: string; readonly bytes: Uint8Array; readonly mode: number }
  | /** Directives of a go.mod or go.work, as an older copy has them. */ {
      readonly do: 'directives';
      readonly path: string;
      readonly file: ModFileKind;
      readonly ids: readonly string[];
      readonly was: Uint8Array;
      readonly now: Uint8Array;
      readonly mode: number;
    }
  | /** Sums of a go.sum or go.work.sum, as an older copy has them, by `module version`. */ {
      readonly do: 'sums';
      readonly path: string;
      readonly keys: readonly string[];
      readonly was: Uint8Array;
      readonly now: Uint8Array;
      readonly mode: number;
    }
  | { readonly do: 'link'; readonly path: string; readonly to: string }
  | { readonly do: 'remove'; readonly path: string }
  | /** A directory as a zip of the module cache has it. */ {
      readonly do: 'tree';
      readonly path: string;
      readonly tree: TreeKind;
      readonly zip: string;
      readonly prefix: string;
      readonly mode: number;
    }
  | /** A command of a repair. */ {
      readonly do: 'command';
      readonly argv: readonly string[];
      readonly directory?: string;
    };

/** A difference, or a finding whose repair is known. */
export interface Atom extends Suspect {
  readonly facet: Facet;
  /** The entry, or the rule of a finding. */
  readonly key: string;
  /** `difference`: something is not as it was approved. `repair`: nothing differs, but a finding has a repair; the world without the atom is the present one with that repair made. */
  readonly kind: 'difference' | 'repair';
  /** In words, for people. */
  readonly title: string;
  /** Shown as elsewhere: redacted. */
  readonly from?: string;
  readonly to?: string;
  readonly origin?: Origin;
  /** What makes a world without it. */
  readonly changes: readonly Change[];
  /** What a person does to be rid of it, as one line. */
  readonly repair: string;
  /** What builds left in the build cache is not valid both with it and without it: worlds without it have a build cache of their own. */
  readonly ownCache?: true;
}

/** A part of an atom that was found to be the cause: a directive of go.mod, the lines of a module in go.sum. */
export interface Part extends PartSuspect {
  readonly file: string;
  /** Where it stands now, from 1. */
  readonly line?: number;
  /** What it is: `require example.com/x`. */
  readonly title: string;
  readonly from?: string;
  readonly to?: string;
  readonly changes: readonly Change[];
  /** What a person does to be rid of it alone, as one line. */
  readonly repair: string;
}

/** A difference that no world can be made without, and why. */
export interface Fixed {
  readonly key: string;
  readonly from?: string;
  readonly to?: string;
  readonly why: string;
}

/** Everything that may be the cause, and what cannot be tried. */
export interface Atoms {
  readonly atoms: readonly Atom[];
  /** Repairs of findings that a difference most likely explains: beside it they would heal the same once more. For when all else is undone in vain. */
  readonly later: readonly Atom[];
  readonly fixed: readonly Fixed[];
}
