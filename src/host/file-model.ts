/** Types: a file of a root, its stamp, and the results of reading it. */

/** A file of a root; `root` is `/` for this process's own files. */
export interface RootedPath {
  readonly root: string;
  readonly path: string;
}

/** Why a file could not be read. */
export type ReadFailure = 'absent' | 'denied' | 'not-regular' | 'too-large' | 'failed';
export type ReadResult =
  | {
      readonly ok: true;
      readonly bytes: Buffer;
      readonly mtimeMs: number;
      /** Uid of its owner. */
      readonly owner: number;
      /**
       * Real path of the file, as named in its root. Asked of the open file, so that no exchange can come
       * between.
       */
      readonly real: string;
    }
  | { readonly ok: false; readonly failure: ReadFailure; readonly why: string };

/** The result of listing a directory. */
export type NamesResult =
  | { readonly ok: true; readonly names: readonly string[] }
  | { readonly ok: false; readonly failure: ReadFailure; readonly why: string };

/** Identifies the content of a file without reading it: equal stamps mean an unchanged file. */
export interface Stamp {
  readonly inode: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

/** A stamp with type, mode and owner of the file. */
export interface FileStamp extends Stamp {
  readonly directory: boolean;
  readonly mode: number;
  /** Uid. */
  readonly owner: number;
}
