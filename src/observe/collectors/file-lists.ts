/** Lists of the files of a tree that are kept between runs (host/toolchain-tree.ts): by them a later look reads only what has another stamp since. */
export interface FileLists {
  /** The text that was kept of a place; undefined where nothing was. */
  readonly load: (place: string) => string | undefined;
  /** Absent for who only looks. */
  readonly save?: (place: string, files: string) => Promise<void>;
}
