import { visible } from './visible.ts';

/**
 * The one error that godrift shows to people: what failed, why, what to do, in one line (exit code 2).
 * Anything else that reaches the top is a bug and says so. Its words may hold text of the host: they can be shown as they are.
 */
export class AppError extends Error {
  /** What failed, e.g. `cannot read .go-version`. */
  readonly what: string;
  /** Why, e.g. `permission denied`. */
  readonly why: string;
  /** What the reader can do about it. */
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

/** What to do about a file of the state directory that is there and cannot be used: its rights are wrong, or another version wrote it. */
export const makeItReadable = 'make it readable for this user, or run the godrift that wrote it';
