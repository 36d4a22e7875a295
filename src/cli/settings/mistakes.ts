/** Mistakes in settings are told together: whoever corrects one is not to meet the next one at the next start. */
import { AppError } from '../../catalog/errors.ts';

/** Several mistakes in one line. */
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

/** Evaluates each, and gives the values by their names. Throws AppError that tells the mistakes of all. */
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
