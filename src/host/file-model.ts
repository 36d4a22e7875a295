/** A file of a root, what identifies it, and what reading it gives. */

/** A file of a root; `root` is `/` for this process's own files. */
export interface RootedPath {
  readonly root: string;
  readonly path: string;
}

/** Why a file could not be read, in a closed set of words. */
export type ReadFailure = 'absent' | 'denied' | 'not-regular' | 'too-large' | 'failed';
export type ReadResult =
  | {
      readonly ok: true;
      readonly bytes: Buffer;
      readonly mtimeMs: number;
      /** Uid of its owner. */
      readonly owner: number;
      /** Where the file truly is that was read, as its root calls it: asked of the open file, so that no exchange comes between. */
      readonly real: string;
    }
  | { readonly ok: false; readonly failure: ReadFailure; readonly why: string };

/** What listing a directory gives. */
export type NamesResult =
  | { readonly ok: true; readonly names: readonly string[] }
  | { readonly ok: false; readonly failure: ReadFailure; readonly why: string };

/** What identifies the content of a file without reading it; equal stamps mean an unchanged file. */
export interface Stamp {
  readonly inode: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

/** A stamp, and what it is the stamp of. */
export interface FileStamp extends Stamp {
  readonly directory: boolean;
  readonly mode: number;
  /** Uid. */
  readonly owner: number;
}
