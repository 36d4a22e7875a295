/** Atoms of findings: conflicts, pins and what is missing, each of which a world without it has repaired. */

import type { Finding, Fix } from '../../drift/model.ts';
import type { Change, Fixed } from '../../explain/blame/atom.ts';
import { readFile } from '../../host/files.ts';
import type { Unweighed } from './file-atoms.ts';

/** A command that only tells go to write a file is no more than that: what is written is the world's own. */
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

/** Findings that no difference explains, with the repair that is a command; of the others that they cannot be tried. */
export function findingAtoms(
  findings: readonly Finding[],
  covered: ReadonlySet<string>,
): { readonly atoms: readonly Unweighed[]; readonly fixed: readonly Fixed[] } {
  const atoms: Unweighed[] = [];
  const fixed: Fixed[] = [];
  for (const finding of findings) {
    const { kind, rule, facet, key, summary, fix, origin, repair = '' } = finding;
    if (kind === 'drift' || covered.has(key)) continue;
    const change = fix === undefined ? undefined : changeOf(fix);
    if (change === undefined) {
      fixed.push({ key: rule, why: `its repair is for people: ${repair === '' ? summary : repair}` });
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
