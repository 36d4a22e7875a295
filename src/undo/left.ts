/** What of a drift a plan does not undo, and why: whoever reads the plan must not take it for more than it is. Pure. */
import type { Facet } from '../catalog/facets.ts';
import type { Origin } from '../drift/model.ts';
import { localPath, type PathRoots } from '../drift/portable.ts';
import { isSecretKey, nameOfEntry } from '../drift/secret-entries.ts';
import { shellWord } from '../drift/shell-word.ts';
import { redacted } from '../go/redacted.ts';
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

/** What decides an entry of the toolchain that no recorded file does, as a clause; empty for other facets. */
function decidedBy(key: string): string {
  if (key === 'toolchain.digest') return ', but the files of the toolchain, of which no copy is kept';
  return key.startsWith('toolchain.') ? ', but PATH of the process, or the toolchain itself' : '';
}

/** Variables by what the approved settings did with them. */
interface Settings {
  /** Those that they set. */
  readonly set?: ReadonlySet<string>;
  /** Those that they did not set to what was approved. */
  readonly stay?: ReadonlySet<string>;
  /** What the paths of entries stand below on this machine; people copy values that mean something here. */
  readonly roots?: PathRoots;
}

/** What a person does about a variable that the process set, and no longer does. */
function setAgain(name: string, expected: string | undefined, roots: PathRoots): string {
  const here = expected === undefined ? undefined : localPath(expected, roots);
  const value = here === undefined || here.includes(redacted) ? '' : `: export ${name}=${shellWord(here)}`;
  return `it was approved as the process environment set it, which no file does: set it again in the shell or unit that builds${value}, or see the repair of godrift check`;
}

/**
 * Entries of a drift that no step puts back. What is read from files of the project and from a toolchain
 * follows from them: there verifying decides.
 */
export function leftOf(
  facet: Facet,
  changes: readonly Changed[],
  steps: readonly EntryStep[],
  { set = new Set(), stay = new Set(), roots = {} }: Settings = {},
): readonly Left[] {
  const covered = new Set(steps.flatMap(({ names = [] }) => names));
  // Where a link leads elsewhere, every line of the file behind it counts or does not.
  const isWhole = steps.some(({ kind, before }) => kind === 'restore-link' || before.kind === 'link');
  return changes.flatMap(({ key, expected, origin }) => {
    const name = nameOfEntry(key);
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
    if (stay.has(name)) return [{ key, why: setAgain(name, isSecretKey(key) ? undefined : expected, roots) }];
    if (covered.has(name) || (isWhole && (set.has(name) || origin?.kind === 'goenv'))) return [];
    return [
      {
        key,
        why: 'no file of the approved record set it: it was set where a rollback cannot write, as in a shell or a unit',
      },
    ];
  });
}
