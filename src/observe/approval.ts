/**
 * What is kept beside a baseline that is accepted, so that a rollback can put it back (design §9): every name that go reads settings from, as it stands
 * there, and where a link leads from it. Of this host's own root alone: nothing is ever written into another.
 */
import path from 'node:path';
import { locateEntry, type ReadEntry, readEntry } from '../host/entry-state.ts';
import type { ApprovedEntry, ApprovedRole } from '../store/approved/record.ts';
import type { Sources } from './environment/sources.ts';

/** Links from one name to the next that are kept; people have one or two. */
const mostLinks = 8;

/** Entries of a record, and the bytes of its files. */
export interface Kept {
  readonly entries: readonly ApprovedEntry[];
  readonly bytes: readonly Uint8Array[];
}

type Wanted = Pick<Sources, 'environment' | 'root' | 'goenv' | 'local' | 'effective' | 'gomod' | 'gowork'>;

/** The names that decide what a go command here reads, by what they are. */
export function namesOf({ environment, root, goenv, local, effective, gomod, gowork }: Wanted): readonly {
  readonly role: ApprovedRole;
  readonly path: string;
}[] {
  // What another user's environment names is not this user's to write, and may be anything.
  if (root !== '/' || environment.credentials !== 'own') return [];
  const trees = [...new Set([local?.goroot, effective?.goroot].filter((one) => one !== undefined))];
  const beside = (role: ApprovedRole, file: string, name: string) => ({
    role,
    path: path.join(path.dirname(file), name),
  });
  return [
    ...(goenv.state === 'off' || goenv.path === '' ? [] : [{ role: 'goenv' as const, path: goenv.path }]),
    ...trees.map((goroot) => ({ role: 'go.env' as const, path: path.join(goroot, 'go.env') })),
    ...(gomod === undefined
      ? []
      : [{ role: 'go.mod' as const, path: gomod.path }, beside('go.sum', gomod.path, 'go.sum')]),
    ...(gowork === undefined
      ? []
      : [{ role: 'go.work' as const, path: gowork.path }, beside('go.work.sum', gowork.path, 'go.work.sum')]),
  ];
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
      if (state.kind !== 'link') break;
      file = path.resolve(directory, state.to);
    }
  }
  return { entries, bytes };
}
