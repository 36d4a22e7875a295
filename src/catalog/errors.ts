import { visible } from './visible.ts';

/**
 * The error that godrift shows to users: what failed, why, and what to do, in one line (exit code 2). Any
 * other error that reaches the top level is reported as a bug. The parts may contain text from the host: the
 * constructor escapes it, so that they can be shown as is.
 */
export class AppError extends Error {
  /** What failed, e.g. `cannot read .go-version`. */
  readonly what: string;
  /** Why, e.g. `permission denied`. */
  readonly why: string;
  /** What the user can do about it. */
  readonly todo: string;

  constructor(what: string, why: string, todo: string, options?: { cause?: unknown }) {
    const [shownWhat, shownWhy, shownTodo] = [visible(what), visible(why), visible(todo)];
    super(`${shownWhat}: ${shownWhy}; ${shownTodo}`, options);
    this.name = 'AppError';
    this.what = shownWhat;
    this.why = shownWhy;
    this.todo = shownTodo;
  }
}

/**
 * The advice for a file in the state directory that cannot be used, because of its permissions or because
 * another version wrote it.
 */
export const makeItReadable = 'make it readable for this user, or run the godrift that wrote it';
