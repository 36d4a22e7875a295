/**
 * Collects mistakes in settings, so that a user who corrects one does not meet the next at the next start.
 */
import { AppError } from '../../catalog/errors.ts';

/** Several mistakes as one error with a one-line message. */
class Mistakes extends AppError {
  readonly all: readonly AppError[];

  constructor(all: readonly AppError[]) {
    super(
      `cannot use ${all.length} settings`,
      all.map(({ what, why, todo }) => `${what.replace(/^cannot use /, '')}: ${why} (${todo})`).join('; '),
      'correct them',
    );
    this.all = all;
  }
}

/**
 * Evaluates every function and returns the values under their names. Throws AppError that lists the mistakes
 * of all of them.
 */
export function evaluateAll<T extends object>(evaluated: { readonly [K in keyof T]: () => T[K] }): T {
  const values: Partial<T> = {};
  const mistakes: AppError[] = [];
  for (const key of Object.keys(evaluated) as (keyof T)[]) {
    try {
      values[key] = evaluated[key]();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      mistakes.push(...(error instanceof Mistakes ? error.all : [error]));
    }
  }
  const [first, ...others] = mistakes;
  if (first !== undefined) throw others.length === 0 ? first : new Mistakes(mistakes);
  return values as T;
}
