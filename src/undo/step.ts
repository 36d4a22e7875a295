/**
 * The steps of a plan, as data: what changes from which state to which. The code of each kind is in steps/.
 */

import type { TreeKind } from '../go/unpacked.ts';
import type { EntryState } from '../host/entry-state.ts';
import type { TreeState } from '../host/tree-state.ts';
import type { ApprovedRole } from '../store/approved/record.ts';

/**
 * Changes one file or symlink in a directory (a real path). The inverse is the same step from `after` to
 * `before`.
 */
export interface EntryStep {
  readonly kind: 'restore-file' | 'restore-link' | 'remove-file';
  readonly role: ApprovedRole;
  /** The path by which go knows it; may lead through symlinks. */
  readonly path: string;
  readonly directory: string;
  readonly name: string;
  readonly before: EntryState;
  readonly after: EntryState;
  /** Variables that the step restores in a settings file. */
  readonly names?: readonly string[];
  /** Missing parent directories, created first; outermost first. */
  readonly makes?: readonly string[];
}

/** Location of a file that a step removes from a build cache. */
interface InCache {
  /** Real path of the GOCACHE. */
  readonly cache: string;
  /** Path of the file to remove. */
  readonly path: string;
}

/**
 * Removes one entry from a build cache, as long as its description still holds. The step has no inverse: what
 * it removes is wrong or leads to something wrong, and go recreates it.
 */
export type CacheStep = InCache &
  (
    | /** Drops an action entry that leads to `output`. */
    { readonly kind: 'drop-action'; readonly action: string; readonly output: string }
    /** Drops an output of this size whose content does not match its name. */
    | { readonly kind: 'drop-output'; readonly output: string; readonly size: number }
    /**
     * Drops something other than the expected file or directory, such as a symlink; never what a symlink
     * points to. `file` is the path relative to GOCACHE.
     */
    | { readonly kind: 'drop-irregular'; readonly file: string }
  );

/**
 * The result of a directory whose zip has not been fetched yet: any tree whose files have the approved
 * `toolchain.digest`.
 */
export interface ApprovedTree {
  readonly kind: 'approved';
  readonly digest: string;
}

/** Has the real go download a release for the steps after it. The inverse deletes the zip. */
export interface FetchStep {
  readonly kind: 'fetch-zip';
  /** Path of the zip in the state directory, until the outcome is journalled. */
  readonly path: string;
  readonly module: string;
  readonly version: string;
  /** The `toolchain.digest` that the downloaded files must have. */
  readonly approved: string;
  /** Real path of the go command to run. */
  readonly go: string;
  /**
   * SHA-256 of the settings for the download (fetch-settings.ts). They may hold secrets, so they are kept
   * with the contents of the plan.
   */
  readonly settings: string;
}

/** A directory that is unpacked from a zip (from the module cache, or downloaded) and renamed into place. */
interface LaidOut {
  readonly tree: TreeKind;
  /** The path by which go knows it; may lead through symlinks. */
  readonly path: string;
  /** The parent directory as a real path, or as it will be once missing directories exist. */
  readonly directory: string;
  readonly name: string;
  readonly after: TreeState | ApprovedTree;
  /** The zip, the prefix of its names, and the permission bits of the directories that are unpacked. */
  readonly zip: string;
  readonly prefix: string;
  readonly mode: number;
}

/** Lays a directory out. The inverse depends on whether one existed before. */
export type TreeStep = LaidOut &
  (
    | /**
     * Replaces a directory. The old one stays beside it until the outcome is journalled; the inverse puts
     * it back.
     */
    { readonly kind: 'replace-tree'; readonly before: TreeState }
    /**
     * Creates a directory where none exists; `makes` are the missing parent directories, outermost first. The
     * inverse removes it.
     */
    | {
        readonly kind: 'make-tree';
        readonly before: { readonly kind: 'absent' };
        readonly makes: readonly string[];
      }
  );

/** A step of any kind. */
export type Step = EntryStep | CacheStep | TreeStep | FetchStep;

/** Reports whether a step changes a file or symlink of the approved record. */
export function isEntryStep(step: Step): step is EntryStep {
  return 'role' in step;
}

/** Kinds of steps that lay out whole directories. No copy of the previous content is kept. */
const treeKinds: readonly string[] = ['replace-tree', 'make-tree'] satisfies readonly Step['kind'][];

/** Reports whether `kind`, taken from a journal line, lays a directory out. */
export const isTreeKind = (kind: string): boolean => treeKinds.includes(kind);

/** Reports whether a step lays a directory out. */
export function isTreeStep(step: Step): step is TreeStep {
  return isTreeKind(step.kind);
}

/** Reports whether a step removes something from a build cache. */
export function isCacheStep(step: Step): step is CacheStep {
  return 'cache' in step;
}
