/** Facts about the version that go stamps programs with: why go cannot determine it, or why it is stale. */

/**
 * A checked-out tag whose version go replaces when it stamps programs, because these files of the module
 * cache make go compute another version.
 */
export interface StaleStamp {
  readonly tag: string;
  readonly version: string;
  readonly stamped: string;
  readonly files: readonly [string, ...string[]];
}

/**
 * Why go cannot query git for the repository state that it stamps programs with. `directory` is the
 * repository, or the location of the first of several.
 */
export type StampingProblem = { readonly directory: string } & (
  | {
      readonly why: 'owner';
      /** What belongs to `owner`: the directory itself, its `.git`, or the directory that `.git` names. */
      readonly owned: string;
      readonly owner: number;
      readonly uid: number;
      /**
       * A `safe.directory` setting that would cover the directory, but that the git on PATH, of version
       * `git`, does not support.
       */
      readonly ignored?: string;
      readonly git?: string;
    }
  /** `no-git`: no git on PATH; `no-repository`: `.git` is not a repository; `damaged`: HEAD is invalid. */
  | { readonly why: 'no-git' | 'no-repository' | 'damaged' }
  /** A configuration file that git cannot parse. */
  | { readonly why: 'config'; readonly file: string; readonly line: number }
  /**
   * The repository's configuration requires a feature that this version of git refuses. `since` is the first
   * version that supports the feature, where known.
   */
  | {
      readonly why: 'format';
      readonly file: string;
      readonly what: string;
      readonly since?: string;
      readonly git: string;
    }
  /** The `.git` file of a worktree or submodule points to a directory that is not a repository. */
  | { readonly why: 'gone'; readonly file: string }
  /** The index file is invalid. */
  | { readonly why: 'index'; readonly file: string }
  /** GIT_DIR points to a directory that is not a repository. */
  | { readonly why: 'git-dir'; readonly file: string }
  /** Two version control systems were found; `mark` is the name by which go recognises one. */
  | {
      readonly why: 'several';
      readonly first: VersionControl;
      readonly second: VersionControl;
    }
);

/** A version control system that go finds. */
export interface VersionControl {
  readonly system: string;
  readonly at: string;
  readonly mark: string;
}
