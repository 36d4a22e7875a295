/**
 * Atoms that are expensive to try or seldom the cause: tools in other versions, and the mark that makes go
 * regard a toolchain as not completely unpacked.
 */
import path from 'node:path';
import { factsOf } from '../../drift/model.ts';
import { shellWord } from '../../drift/shell-word.ts';
import type { Entries } from '../../drift/snapshot.ts';
import { cachedToolchain } from '../../go/toolchain-files.ts';
import { listDirectory, stampOf } from '../../host/files.ts';
import type { Inspection } from '../inspect.ts';
import type { Unweighed } from './file-atoms.ts';

/**
 * Returns an atom for each Go program that had another version in the approved state. go rebuilds the old
 * version from the sources in the module cache.
 */
function toolAtoms({ observation }: Inspection, entries: Entries): readonly Unweighed[] {
  return (factsOf(observation, 'tools')?.tools ?? []).flatMap((tool): readonly Unweighed[] => {
    const { name, packagePath, version, path: file } = tool;
    const key = `tools.${name}`;
    const from = entries.get(key)?.split(' ')[0];
    if (from === undefined || from === version || packagePath === undefined || !/^v\d/.test(from)) return [];
    const install = ['go', 'install', `${packagePath}@${from}`];
    const directory = path.dirname(file);
    return [
      {
        id: key,
        facet: 'tools',
        key,
        kind: 'difference',
        title: name,
        from,
        to: version,
        origin: { kind: 'file', path: file },
        changes: [{ do: 'command', argv: ['env', `GOBIN=${directory}`, 'GOFLAGS=', ...install] }],
        repair: `GOBIN=${shellWord(directory)} ${install.map(shellWord).join(' ')}`,
      },
    ];
  });
}

/**
 * Returns an atom for each toolchain in the module cache with a mark of an unfinished unpacking beside it. go
 * downloads such a toolchain again, which fails without a network.
 */
function markAtoms({ observation }: Inspection): readonly Unweighed[] {
  const pending = factsOf(observation, 'toolchain')?.selection?.pendingDownload;
  const modcache = factsOf(observation, 'env')?.variables.get('GOMODCACHE')?.value ?? '';
  if (pending === undefined || !modcache.startsWith('/')) return [];
  const folder = path.join(modcache, 'golang.org');
  return listDirectory({ root: '/', path: folder })
    .filter((name) => name.startsWith(`toolchain@v0.0.1-${pending}.`))
    .flatMap((name): readonly Unweighed[] => {
      const partial = cachedToolchain(path.join(folder, name))?.partial ?? '';
      const mark = path.join(modcache, partial);
      if (partial === '' || stampOf({ root: '/', path: mark }) === undefined) return [];
      return [
        {
          id: `mark ${name}`,
          facet: 'toolchain',
          key: 'toolchain.goroot',
          kind: 'repair',
          title: `${pending} is in the module cache, but marked as not completely unpacked: go downloads it again`,
          origin: { kind: 'file', path: mark },
          changes: [{ do: 'remove', path: mark }],
          repair: `rm ${shellWord(mark)} if the tree is complete (godrift check --cache tells), or run a go command with network access`,
        },
      ];
    });
}

/** Returns both kinds of atoms; tools only where there are approved entries to compare them with. */
export const lateAtoms = (looked: Inspection, entries: Entries | undefined): readonly Unweighed[] => [
  ...markAtoms(looked),
  ...(entries === undefined ? [] : toolAtoms(looked, entries)),
];
