/**
 * The one error that godrift shows to people: what failed, why, what to do, in one line (exit code 2).
 * Anything else that reaches the top is a bug and says so.
 */
export class AppError extends Error {
  /** What failed, e.g. `cannot read .go-version`. */
  readonly what: string;
  /** Why, e.g. `permission denied`. */
  readonly why: string;
  /** What the reader can do about it. */
  readonly todo: string;

  constructor(what: string, why: string, todo: string, options?: { cause?: unknown }) {
    super(`${what}: ${why}; ${todo}`, options);
    this.name = 'AppError';
    this.what = what;
    this.why = why;
    this.todo = todo;
  }
}
