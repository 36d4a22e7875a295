/**
 * Collects what is stored beside an accepted baseline so that a rollback can restore it (design §9): the
 * state of every file and directory entry from which `go` reads settings, and of the symlinks on the way to
 * it. Only entries in this host's own root are collected: godrift never writes into another root.
 */
import path from 'node:path';
import { linkTarget, locateEntry, type ReadEntry, readEntry } from '../host/entry-state.ts';
import { linksOn } from '../host/files.ts';
import { type ApprovedEntry, type ApprovedRole, mostEntries } from '../store/approved/record.ts';
import type { Sources } from './environment/sources.ts';

/** Most symlinks followed from one entry, as many as the kernel follows (MAXSYMLINKS). */
const mostLinks = 40;

/** The entries of a record, and the contents of those that are regular files. */
export interface ApprovalContent {
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
 * Matches symlinks that are maintained by somebody other than the user: by distributions and package managers
 * (hier(7), update-alternatives(1)), or by version managers, which have files of their own that name the
 * selected version.
 */
const maintainedByOthers =
  /^\/(?:bin|sbin|lib\w*|etc|snap|nix|gnu|usr\/(?!local\/))|\/(?:\.?mise|\.?asdf|\.?goenv|\.gvm|\.linuxbrew|Cellar)\//;

/** Returns the user-made symlinks on the way from PATH to the `go` command. */
function toolchainLinks(local: Wanted['local']): readonly Named[] {
  const links = local === undefined ? [] : linksOn(local.path);
  return links
    .filter((link) => !maintainedByOthers.test(link))
    .map((link) => ({ role: 'toolchain-link', path: link }));
}

const pair = (first: ApprovedRole, second: ApprovedRole, file: string): readonly Named[] => [
  { role: first, path: file },
  { role: second, path: path.join(path.dirname(file), second) },
];

/** Returns go.mod and go.sum of each module that go.work uses. */
function members(gowork: Wanted['gowork']): readonly Named[] {
  const directory = path.dirname(gowork?.path ?? '/');
  return (gowork?.file.use ?? []).flatMap((used) =>
    pair('go.mod', 'go.sum', path.resolve(directory, used.path, 'go.mod')),
  );
}

/** Most directories above a workspace that are considered. */
const mostFolders = 40;

/**
 * Returns the go.work paths that would take effect if they were created: one in the workspace and one in each
 * directory above it, up to the directory that holds the go.work in force.
 */
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

/**
 * Lists the paths that decide what `go` reads in this environment, each with its role and only once. Empty
 * for a target of another root or another user.
 */
export function approvedPaths(wanted: Wanted): readonly Named[] {
  const { environment, root, goenv, local, effective, gomod, gowork } = wanted;
  // Paths named by another user's environment may be anything, and are not this user's to write.
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

/**
 * Reads the state of each listed path and of the entries that its symlinks lead to. Throws the system error
 * if one cannot be read: an incomplete record could not restore anything.
 */
export async function readApproval(wanted: Wanted): Promise<ApprovalContent> {
  const entries: ApprovedEntry[] = [];
  const bytes: Uint8Array[] = [];
  for (const { role, path: first } of approvedPaths(wanted)) {
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
