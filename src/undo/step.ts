/** One step of a plan, as data: what it changes from what to what. What each kind of step does is in steps/. */

import type { TreeKind } from '../go/unpacked.ts';
import type { EntryState } from '../host/entry-state.ts';
import type { TreeState } from '../host/tree-state.ts';
import type { ApprovedRole } from '../store/approved/record.ts';

/** One change of one name, in a directory that is a real path; its way back is the same step from `after` to `before`. */
export interface EntryStep {
  readonly kind: 'restore-file' | 'restore-link' | 'remove-file';
  readonly role: ApprovedRole;
  /** By which path go knows it. */
  readonly path: string;
  readonly directory: string;
  readonly name: string;
  readonly before: EntryState;
  readonly after: EntryState;
  /** Variables that it puts back, in a file of settings. */
  readonly names?: readonly string[];
  /** Directories that are missing on the way and made first, the outermost first. */
  readonly makes?: readonly string[];
}

/** Where a step on a build cache removes something. */
interface InCache {
  /** Real path of the GOCACHE. */
  readonly cache: string;
  /** What it removes. */
  readonly path: string;
}

/**
 * One removal from a build cache; its precondition is that what it says still holds. It has no way back: what it takes away is wrong, or leads to what is
 * wrong, and go makes it anew.
 */
export type CacheStep = InCache &
  (
    | /** The action entry goes, while it leads to that output. */
    { readonly kind: 'drop-action'; readonly action: string; readonly output: string }
    /** The output goes, while its size is still that and its content not what its name promises. */
    | { readonly kind: 'drop-output'; readonly output: string; readonly size: number }
    /** What stands in place of a file or folder goes, itself and never what it leads to, while it is no such. `file` is its path below GOCACHE. */
    | { readonly kind: 'drop-irregular'; readonly file: string }
  );

/** What a directory will be that is laid out from a zip which is not there yet: any whose files have the approved `toolchain.digest`. */
export interface ApprovedTree {
  readonly kind: 'approved';
  readonly digest: string;
}

/** A release is fetched by the real go, for the steps after it; its way back is the removal of the zip. */
export interface FetchStep {
  readonly kind: 'fetch-zip';
  /** Where the zip lies until the outcome is recorded: in the state directory. */
  readonly path: string;
  readonly module: string;
  readonly version: string;
  /** The `toolchain.digest` that its files must have. */
  readonly approved: string;
  /** The go that is run, a real path. */
  readonly go: string;
  /** SHA-256 of the settings that it gets (fetch-settings.ts), which may hold secrets: they are among the contents of the plan. */
  readonly settings: string;
}

/** A directory that is unpacked from a zip, of the module cache or fetched, and takes its name by a rename. */
interface LaidOut {
  readonly tree: TreeKind;
  /** By which path go knows it. */
  readonly path: string;
  /** A real path, as it will be where folders on the way are missing. */
  readonly directory: string;
  readonly name: string;
  readonly after: TreeState | ApprovedTree;
  /** Where it is unpacked from, below which name in there, and the permission bits of its folders. */
  readonly zip: string;
  readonly prefix: string;
  readonly mode: number;
}

/** A directory is laid out: its way back depends on whether one stood there. */
export type TreeStep = LaidOut &
  (
    | /** It takes the place of another one; its way back is the old one, which stays beside it until the outcome is recorded. */
    { readonly kind: 'replace-tree'; readonly before: TreeState }
    /** Nothing stands there, and of the folders above it these are missing, the outermost first; its way back is its removal. */
    | {
        readonly kind: 'make-tree';
        readonly before: { readonly kind: 'absent' };
        readonly makes: readonly string[];
      }
  );

/** Any step. */
export type Step = EntryStep | CacheStep | TreeStep | FetchStep;

/** Whether a step changes a name of the approved record. */
export function isEntryStep(step: Step): step is EntryStep {
  return 'role' in step;
}

/** Kinds of steps that bring whole directories: of what stood there no copy is kept. */
const treeKinds: readonly string[] = ['replace-tree', 'make-tree'] satisfies readonly Step['kind'][];

/** Whether a kind of step, as a line of the journal has it, lays a directory out. */
export const isTreeKind = (kind: string): boolean => treeKinds.includes(kind);

/** Whether a step lays a directory out. */
export function isTreeStep(step: Step): step is TreeStep {
  return isTreeKind(step.kind);
}

/** Whether a step removes something from a build cache. */
export function isCacheStep(step: Step): step is CacheStep {
  return 'cache' in step;
}
