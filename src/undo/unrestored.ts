/**
 * Lists the drifted entries that a plan does not restore, with reasons, so that readers of the plan do not
 * expect more of it. Pure.
 */
import type { Facet } from '../catalog/facets.ts';
import type { Origin } from '../drift/model.ts';
import { localPath, type PathRoots } from '../drift/portable.ts';
import { isSecretKey, nameOfEntry } from '../drift/secret-entries.ts';
import { shellWord } from '../drift/shell-word.ts';
import { redacted } from '../go/redacted.ts';
import type { EntryStep } from './step.ts';

/** A drifted entry that the plan leaves as it is. */
export interface UnrestoredEntry {
  readonly key: string;
  readonly why: string;
}

interface Changed {
  readonly key: string;
  readonly expected?: string;
  readonly origin?: Origin;
}

/**
 * Returns, as a clause, what decides a toolchain entry that no recorded file decides; empty for other facets.
 */
function decidedBy(key: string): string {
  if (key === 'toolchain.digest')
    return ': it follows from the files of the toolchain, of which no copy is kept';
  return key.startsWith('toolchain.')
    ? ': it follows from PATH of the process, or from the toolchain itself'
    : '';
}

/** Variables, grouped by what the approved settings do with them. */
interface Settings {
  /** Variables that the approved files set. */
  readonly set?: ReadonlySet<string>;
  /** Variables that the approved files did not set to the approved value. */
  readonly stay?: ReadonlySet<string>;
  /**
   * Directories of this machine for `$HOME`, `$GOPATH` …, so that a printed value can be copied and used
   * here.
   */
  readonly roots?: PathRoots;
}

/**
 * Returns what the user must do about an approved variable that came from the process environment and no
 * longer does.
 */
function setAgain(name: string, expected: string | undefined, roots: PathRoots): string {
  const here = expected === undefined ? undefined : localPath(expected, roots);
  const value = here === undefined || here.includes(redacted) ? '' : `: export ${name}=${shellWord(here)}`;
  return `its approved value came from the process environment, which no file can restore: set it again in the shell or unit that builds${value}, or see the repair of godrift check`;
}

/**
 * Returns the drifted entries that no step restores. Entries outside of `env` follow from the files of the
 * project or from a toolchain: if the plan has any step, verification decides about them.
 */
export function unrestoredEntries(
  facet: Facet,
  changes: readonly Changed[],
  steps: readonly EntryStep[],
  { set = new Set(), stay = new Set(), roots = {} }: Settings = {},
): readonly UnrestoredEntry[] {
  const covered = new Set(steps.flatMap(({ names = [] }) => names));
  // Where a symlink changes its target, every line of the settings file behind it takes effect or stops to.
  const isWhole = steps.some(({ kind, before }) => kind === 'restore-link' || before.kind === 'link');
  return changes.flatMap(({ key, expected, origin }) => {
    const name = nameOfEntry(key);
    if (facet !== 'env')
      return steps.length > 0
        ? []
        : [
            {
              key,
              why: `no file of the approved record decides it${decidedBy(key)}; see the repair of godrift check`,
            },
          ];
    if (origin?.kind === 'process') {
      const how = expected === undefined ? `unset ${name}` : `set ${name} back`;
      return [{ key, why: `the process environment sets it, which overrides every file: ${how} there` }];
    }
    if (stay.has(name)) return [{ key, why: setAgain(name, isSecretKey(key) ? undefined : expected, roots) }];
    if (covered.has(name) || (isWhole && (set.has(name) || origin?.kind === 'goenv'))) return [];
    return [
      {
        key,
        why: 'no file of the approved record set it: it was set where a rollback cannot write, such as a shell or a unit',
      },
    ];
  });
}
