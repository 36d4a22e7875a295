/**
 * The form of the corpus: one file a scenario below this folder, each exporting `scenario`. A healthy world, what happens to it,
 * what the real go does then, what godrift must say, and its advice carried out. `harmless/` holds changes that must stay quiet.
 */
import type { Level } from '../../src/catalog/facets.ts';
import type { olderVersions, toolchainVersions } from '../lab/toolchains.ts';
import type { Site } from './site.ts';

export type GoVersion = (typeof toolchainVersions | typeof olderVersions)[number];

/** Edits a world: its files, and the environment of whatever runs in it. */
export type Edit = (site: Site) => void | Promise<void>;

/** What the real go does: a line for the shell, run in the workspace, and its answer. */
export interface Proof {
  readonly run: string;
  /** Exit code; 0 unless given. */
  readonly exit?: number;
  /** Words of stdout and stderr together. */
  readonly says?: RegExp;
}

/** A finding that must be there. */
export interface Expected {
  readonly rule: string;
  /** `conflict` unless given. */
  readonly kind?: 'conflict' | 'drift' | 'pin' | 'missing';
  /** That of the catalogue unless given, for conflicts. */
  readonly level?: Exclude<Level, 'none'>;
  readonly key?: string;
  /** Words of the summary. */
  readonly says?: RegExp;
}

/** The advice of the first finding, and how it is carried out: with what the pattern captured in it. */
export interface Repair {
  readonly says: RegExp;
  readonly carryOut: (site: Site, said: RegExpExecArray) => void | Promise<void>;
}

/** A private tree of the toolchain, which the scenario may break. */
export interface Clone {
  /** Below HOME. */
  readonly at: string;
  /** Folders of the tree that are real ones with links to files in them; all others are links to the shared tree. */
  readonly own?: readonly string[];
}

interface Common {
  readonly title: string;
  /** Toolchains that it is played on, first on PATH; `none`: no go there. */
  readonly on: readonly (GoVersion | 'none')[];
  readonly clone?: Clone;
  /** Files of the workspace; `app.go` and a go.mod with `go 1.21` unless given. */
  readonly files?: Readonly<Record<string, string>>;
  /** What makes the world what it is, beyond its files. */
  readonly world?: Edit;
  /** Arguments of `godrift check` beside `--json`. */
  readonly check?: readonly string[];
  /** A group of rules or entries without which nothing can be said yet; the runner reports the scenario as waiting. */
  readonly needs?: 'modules' | 'cache' | 'tools';
  /** The user that builds and looks, where the rights of files matter (root may do everything). */
  readonly uid?: number;
  /** Each look is a process of its own: one that stays goes through extracted modules in the background. */
  readonly fresh?: true;
  /** Where it was seen, e.g. `golang/go#62409`. */
  readonly source?: string;
}

/** Something goes wrong. */
export interface Scenario extends Common {
  /** What the healthy world is compared with later: nothing, `baseline accept`, or a committed `.godrift.snapshot`. */
  readonly baseline?: 'accepted' | 'committed';
  readonly drift: Edit;
  readonly go: Proof;
  /** All findings at `minor` or above; those at `patch` may be left out. The first is the one that the repair is for. */
  readonly finds: readonly [Expected, ...Expected[]];
  readonly repair: Repair;
  /** What go answers in the healthy world and again after the repair; exit 0 unless given. */
  readonly healed?: { readonly exit?: number; readonly says?: RegExp };
  /** Rules at `minor` or above that rightly hold all the time: before, in the drift and after the repair. */
  readonly beside?: readonly string[];
  /** Further ones that go on holding when the repair is carried out. */
  readonly remains?: readonly string[];
}

/** Nothing goes wrong, however unusual it is. */
export interface Harmless extends Common {
  /** After the world was accepted as it is. Without a change, the world itself is what must be quiet. */
  readonly change?: Edit;
  /** What the world is accepted as: on this host unless given. */
  readonly baseline?: 'accepted' | 'committed';
  /** What go answers; `go build ./...` with exit 0 unless given. */
  readonly go?: Proof;
  /** Rules at `minor` or above that rightly hold. */
  readonly but?: readonly string[];
  /** Nothing may be found at all, not even at `patch`. */
  readonly silent?: true;
}
