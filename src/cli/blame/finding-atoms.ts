/**
 * Atoms of findings: conflicts, pins and missing requirements. A world without such an atom is one in which
 * the finding is repaired.
 */

import type { Finding, Fix } from '../../drift/model.ts';
import type { Change, Fixed } from '../../explain/blame/atom.ts';
import { readFile } from '../../host/files.ts';
import type { Unweighed } from './file-atoms.ts';

/**
 * Translates the fix of a finding into a change of a world. Whatever its command writes stays in the world.
 */
function changeOf(fix: Fix): Change | undefined {
  switch (fix.action) {
    case 'unset':
      return { do: 'process', name: fix.name };
    case 'export':
      return { do: 'process', name: fix.name, value: fix.value };
    case 'prepend-path':
      return { do: 'path', directory: fix.directory };
    case 'run':
      return {
        do: 'command',
        argv: fix.argv,
        ...(fix.directory === undefined ? {} : { directory: fix.directory }),
      };
    case 'remove-line': {
      const read = readFile({ root: '/', path: fix.path });
      if (!read.ok) return undefined;
      const lines = [fix.line, ...(fix.also ?? [])];
      return { do: 'lines', path: fix.path, name: fix.name, lines, now: read.bytes, mode: 0o600 };
    }
  }
}

/**
 * Returns the change that unsets a variable of the process environment for which no fix is known; running
 * without it is still worth an experiment. From PATH only relative entries are removed: absolute ones mean
 * the same everywhere and decide whether a program is found at all.
 */
function unsetOf({ key }: Finding, process: ReadonlyMap<string, string>): Change | undefined {
  const name = key.replace(/^env\./, '');
  const value = process.get(name);
  if (!key.startsWith('env.') || value === undefined) return undefined;
  if (name !== 'PATH') return { do: 'process', name };
  const absolute = value
    .split(':')
    .filter((entry) => entry.startsWith('/'))
    .join(':');
  return absolute === '' || absolute === value ? undefined : { do: 'process', name, value: absolute };
}

/**
 * Returns the atoms of the findings that no difference explains and that have an automatic repair. The others
 * are returned as `fixed`, with the reason why they cannot be tried.
 */
export function findingAtoms(
  findings: readonly Finding[],
  covered: ReadonlySet<string>,
  process: ReadonlyMap<string, string>,
): { readonly atoms: readonly Unweighed[]; readonly fixed: readonly Fixed[] } {
  const atoms: Unweighed[] = [];
  const fixed: Fixed[] = [];
  for (const finding of findings) {
    const { kind, rule, facet, key, summary, fix, origin, repair = '' } = finding;
    if (kind === 'drift' || covered.has(key)) continue;
    const change = fix === undefined ? unsetOf(finding, process) : changeOf(fix);
    if (change === undefined) {
      fixed.push({
        key: rule,
        why: `only a person can make its repair: ${repair === '' ? summary : repair}`,
      });
      continue;
    }
    atoms.push({
      id: `${rule} ${key} ${atoms.length}`,
      facet,
      key,
      kind: 'repair',
      title: summary,
      ...(origin === undefined ? {} : { origin }),
      changes: [change],
      repair,
    });
  }
  return { atoms, fixed };
}
