/**
 * Stored lists of the files of directory trees (host/toolchain-tree.ts). They let a later observation read
 * only files whose stamps changed.
 */
export interface FileLists {
  /** Returns the stored list of a tree; undefined if there is none. */
  readonly load: (place: string) => string | undefined;
  /** Absent if the process may not write. */
  readonly save?: (place: string, files: string) => Promise<void>;
}
