/**
 * Atoms: the separable differences between the present world and the approved one, each with the changes that
 * make a world without it. Files and lines that belong together form one atom: go.mod and go.sum, all lines
 * of one variable.
 */

import type { Facet } from '../../catalog/facets.ts';
import type { Origin } from '../../drift/model.ts';
import type { ModFileKind } from '../../go/modfile-merge.ts';
import type { TreeKind } from '../../go/unpacked.ts';
import type { PartSuspect } from './parts.ts';
import type { Suspect } from './search.ts';

/** One change to a world, as plain data. Changes to the same file are combined when the world is built. */
export type Change =
  | /** Sets a variable of the process; undefined unsets it. */ {
      readonly do: 'process';
      readonly name: string;
      readonly value?: string;
    }
  | /** Puts a directory first on PATH. */ { readonly do: 'path'; readonly directory: string }
  | /** Restores the lines of a variable in a settings file from an older copy; `was` undefined: no such file. */ {
      readonly do: 'settings';
      readonly path: string;
      readonly name: string;
      readonly was?: Uint8Array;
      readonly now: Uint8Array;
      readonly mode: number;
    }
  | /** Removes lines by number, from 1. */ {
      readonly do: 'lines';
      readonly path: string;
      /** The variable that the lines set. */
      readonly name: string;
      readonly lines: readonly number[];
      readonly now: Uint8Array;
      readonly mode: number;
    }
  | /** Appends a flag to the GOFLAGS of this world: of the process, else of GOENV, else `otherwise`. */ {
      readonly do: 'flag';
      readonly flag: string;
      readonly goenv: string;
      readonly now: Uint8Array;
      readonly otherwise: string;
    }
  | { readonly do: 'write'; readonly path: string; readonly bytes: Uint8Array; readonly mode: number }
  | /** Restores directives of a go.mod or go.work from an older copy. */ {
      readonly do: 'directives';
      readonly path: string;
      readonly file: ModFileKind;
      readonly ids: readonly string[];
      readonly was: Uint8Array;
      readonly now: Uint8Array;
      readonly mode: number;
    }
  | /** Restores checksums of a go.sum or go.work.sum from an older copy, by `module version`. */ {
      readonly do: 'sums';
      readonly path: string;
      readonly keys: readonly string[];
      readonly was: Uint8Array;
      readonly now: Uint8Array;
      readonly mode: number;
    }
  | { readonly do: 'link'; readonly path: string; readonly to: string }
  | { readonly do: 'remove'; readonly path: string }
  | /** Restores a directory from a zip of the module cache. */ {
      readonly do: 'tree';
      readonly path: string;
      readonly tree: TreeKind;
      readonly zip: string;
      readonly prefix: string;
      readonly mode: number;
    }
  | /** Runs the command of a repair. */ {
      readonly do: 'command';
      readonly argv: readonly string[];
      readonly directory?: string;
    };

/** A difference, or a finding with a known repair. */
export interface Atom extends Suspect {
  readonly facet: Facet;
  /** Key of the entry, or the rule of a finding. */
  readonly key: string;
  /**
   * `difference`: something differs from the approved state. `repair`: nothing differs, but a finding has a
   * repair; the world without the atom is the present one after that repair.
   */
  readonly kind: 'difference' | 'repair';
  /** Title for display. */
  readonly title: string;
  /** Old and new value, redacted for display. */
  readonly from?: string;
  readonly to?: string;
  readonly origin?: Origin;
  /** Changes that make a world without the atom. */
  readonly changes: readonly Change[];
  /** How a user undoes it, in one line. */
  readonly repair: string;
  /**
   * The build cache is valid either with the atom or without it, but not both, so worlds without it get a
   * build cache of their own.
   */
  readonly ownCache?: true;
}

/**
 * A part of an atom that was found to be the cause: a directive of go.mod, the lines of a module in go.sum.
 */
export interface Part extends PartSuspect {
  readonly file: string;
  /** Its current line, from 1. */
  readonly line?: number;
  /** Name of the part: `require example.com/x`. */
  readonly title: string;
  readonly from?: string;
  readonly to?: string;
  readonly changes: readonly Change[];
  /** How a user undoes this part alone, in one line. */
  readonly repair: string;
}

/** A difference that cannot be undone in a world, and why. */
export interface Fixed {
  readonly key: string;
  readonly from?: string;
  readonly to?: string;
  readonly why: string;
}

/** All possible causes, and the differences that cannot be tried. */
export interface Atoms {
  readonly atoms: readonly Atom[];
  /**
   * Repairs of findings that a difference probably explains, so that both would have the same effect. Tried
   * only if undoing everything else did not help.
   */
  readonly later: readonly Atom[];
  readonly fixed: readonly Fixed[];
}
