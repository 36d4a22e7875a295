/** What of a drift a plan does not undo, and why: whoever reads the plan must not take it for more than it is. Pure. */
import type { Facet } from '../catalog/facets.ts';
import type { Origin } from '../drift/model.ts';
import type { EntryStep } from './step.ts';

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

/** The variable of an entry; whether a secret changed is told by an entry of its own (`env.GOPROXY.secret`). */
const nameOf = (key: string) => key.slice(key.indexOf('.') + 1).replace(/\.secret$/, '');

/** What decides an entry of the toolchain that no recorded file does, as a clause; empty for other facets. */
function decidedBy(key: string): string {
  if (key === 'toolchain.digest') return ', but the files of the toolchain, of which no copy is kept';
  return key.startsWith('toolchain.') ? ', but PATH of the process, or the toolchain itself' : '';
}

/**
 * Entries of a drift that no step puts back. `set` are variables that the approved settings set. What is read from files of the project and from a toolchain
 * follows from them: there verifying decides.
 */
export function leftOf(
  facet: Facet,
  changes: readonly Changed[],
  steps: readonly EntryStep[],
  set: ReadonlySet<string> = new Set(),
): readonly Left[] {
  const covered = new Set(steps.flatMap(({ names = [] }) => names));
  // Where a link leads elsewhere, every line of the file behind it counts or does not.
  const isWhole = steps.some(({ kind, before }) => kind === 'restore-link' || before.kind === 'link');
  return changes.flatMap(({ key, expected, origin }) => {
    const name = nameOf(key);
    if (facet !== 'env')
      return steps.length > 0
        ? []
        : [
            {
              key,
              why: `no file of the approved record decides it${decidedBy(key)}: see the repair of godrift check`,
            },
          ];
    if (origin?.kind === 'process') {
      const how = expected === undefined ? `unset ${name}` : `set ${name} back`;
      return [{ key, why: `the process environment sets it, above every file: ${how} there` }];
    }
    if (covered.has(name) || (isWhole && (set.has(name) || origin?.kind === 'goenv'))) return [];
    return [
      {
        key,
        why: 'no file of the approved record set it: it was set where a rollback cannot write, as in a shell or a unit',
      },
    ];
  });
}
