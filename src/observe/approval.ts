/**
 * What is kept beside a baseline that is accepted, so that a rollback can put it back (design §9): every name that go reads settings from, as it stands
 * there, and where a link leads from it. Of this host's own root alone: nothing is ever written into another.
 */
import path from 'node:path';
import { linkTarget, locateEntry, type ReadEntry, readEntry } from '../host/entry-state.ts';
import { linksOn } from '../host/files.ts';
import { type ApprovedEntry, type ApprovedRole, mostEntries } from '../store/approved/record.ts';
import type { Sources } from './environment/sources.ts';

/** Links from one name to the next: as many as the kernel follows (MAXSYMLINKS). */
const mostLinks = 40;

/** Entries of a record, and the bytes of its files. */
export interface Kept {
  readonly entries: readonly ApprovedEntry[];
  readonly bytes: readonly Uint8Array[];
}

type Wanted = Pick<
  Sources,
  'environment' | 'root' | 'settings' | 'goenv' | 'local' | 'effective' | 'gomod' | 'gowork'
>;

interface Named {
  readonly role: ApprovedRole;
  readonly path: string;
}

/**
 * Links that others keep: those of distributions and package managers (hier(7), update-alternatives(1)), and of version managers, which have files of their own to say
 * which version is meant.
 */
const kept =
  /^\/(?:bin|sbin|lib\w*|etc|snap|nix|gnu|usr\/(?!local\/))|\/(?:\.?mise|\.?asdf|\.?goenv|\.gvm|\.linuxbrew|Cellar)\//;

/** The links from PATH to the go command that a person made. */
function toolchainLinks(local: Wanted['local']): readonly Named[] {
  const links = local === undefined ? [] : linksOn(local.path);
  return links.filter((link) => !kept.test(link)).map((link) => ({ role: 'toolchain-link', path: link }));
}

const pair = (first: ApprovedRole, second: ApprovedRole, file: string): readonly Named[] => [
  { role: first, path: file },
  { role: second, path: path.join(path.dirname(file), second) },
];

/** The go.mod and go.sum of the modules that a go.work uses. */
function members(gowork: Wanted['gowork']): readonly Named[] {
  const directory = path.dirname(gowork?.path ?? '/');
  return (gowork?.file.use ?? []).flatMap((used) =>
    pair('go.mod', 'go.sum', path.resolve(directory, used.path, 'go.mod')),
  );
}

/** As many folders above a workspace are looked at. */
const mostFolders = 40;

/** Where a go.work that is not there yet would take effect: in the workspace and in each folder above it, up to the one that has it now. */
function absentWork({ settings: { workspace }, gowork }: Wanted): readonly Named[] {
  const end = gowork === undefined ? '/' : path.dirname(gowork.path);
  const names: Named[] = [];
  if (workspace === '') return names;
  for (
    let here = workspace;
    here !== end && here !== '/' && names.length < 2 * mostFolders;
    here = path.dirname(here)
  )
    names.push(...pair('go.work', 'go.work.sum', path.join(here, 'go.work')));
  return names;
}

/** The names that decide what a go command here reads, by what they are; each once. */
export function namesOf(wanted: Wanted): readonly Named[] {
  const { environment, root, goenv, local, effective, gomod, gowork } = wanted;
  // What another user's environment names is not this user's to write, and may be anything.
  if (root !== '/' || environment.credentials !== 'own') return [];
  const trees = [...new Set([local?.goroot, effective?.goroot].filter((one) => one !== undefined))];
  const all: readonly Named[] = [
    ...(goenv.state === 'off' || goenv.path === '' ? [] : [{ role: 'goenv' as const, path: goenv.path }]),
    ...trees.map((goroot) => ({ role: 'go.env' as const, path: path.join(goroot, 'go.env') })),
    ...toolchainLinks(local),
    ...(gomod === undefined ? [] : pair('go.mod', 'go.sum', gomod.path)),
    ...(gowork === undefined ? [] : pair('go.work', 'go.work.sum', gowork.path)),
    ...absentWork(wanted),
    ...members(gowork),
  ];
  const once = new Map(all.map((one) => [`${one.role} ${one.path}`, one]));
  return [...once.values()].slice(0, mostEntries / 2);
}

/** Reads them, and what they lead to. Throws the system's error for one that cannot be read: half a record restores nothing. */
export async function readApproval(wanted: Wanted): Promise<Kept> {
  const entries: ApprovedEntry[] = [];
  const bytes: Uint8Array[] = [];
  for (const { role, path: first } of namesOf(wanted)) {
    let file = first;
    for (let links = 0; links <= mostLinks; links++) {
      const { directory, name } = await locateEntry(file);
      const { state, bytes: read }: ReadEntry = await readEntry(path.join(directory, name));
      if (state.kind === 'other') break;
      entries.push({ role, path: file, directory, name, state });
      if (read !== undefined) bytes.push(read);
      if (state.kind !== 'link' || role === 'toolchain-link') break;
      file = linkTarget(directory, state.to);
    }
  }
  return { entries, bytes };
}
