/** A project file as it was read. */

/** A go.mod or go.work as read: its path, its text and the parse result. */
export interface ProjectSource<T> {
  readonly path: string;
  readonly text: string;
  readonly file: T;
  /** Why an existing file could not be read. */
  readonly problem?: string;
}
