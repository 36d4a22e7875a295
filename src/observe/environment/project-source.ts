/** A file of a project as it was found. */

/** go.mod or go.work as found: its path, its text scan and its parse. */
export interface ProjectSource<T> {
  readonly path: string;
  readonly text: string;
  readonly file: T;
  /** Why it could not be read although it is there. */
  readonly problem?: string;
}
