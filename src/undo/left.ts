/** What of a drift a plan does not undo, and why: whoever reads the plan must not take it for more than it is. Pure. */
import type { Origin } from '../drift/model.ts';
import type { Step } from './plan.ts';

/** One entry that stays as it is. */
export interface Left {
  readonly key: string;
  readonly why: string;
}

interface Changed {
  readonly key: string;
  readonly expected?: string;
  readonly origin?: Origin;
}

/** The keys of entries that the steps put back. */
export function coveredKeys(steps: readonly Step[]): readonly string[] {
  return [...new Set(steps.flatMap(({ names = [] }) => names.map((name) => `env.${name}`)))];
}

/** Entries of a drift of the environment that no step puts back. */
export function leftOf(changes: readonly Changed[], steps: readonly Step[]): readonly Left[] {
  const covered = new Set(coveredKeys(steps));
  return changes.flatMap(({ key, expected, origin }) => {
    const name = key.slice(key.indexOf('.') + 1);
    if (origin?.kind === 'process') {
      const how = expected === undefined ? `unset ${name}` : `set ${name} back`;
      return [{ key, why: `the process environment sets it, above every file: ${how} there` }];
    }
    if (covered.has(key)) return [];
    return [
      {
        key,
        why: 'no file of the approved record set it: it was set where a rollback cannot write, as in a shell or a unit',
      },
    ];
  });
}
