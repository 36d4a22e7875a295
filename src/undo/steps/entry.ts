/** Steps that change one file or symlink of the approved record from one known state to another. */
import path from 'node:path';
import process from 'node:process';
import { ensureDirectory, removeEmptyDirectory } from '../../host/atomic.ts';
import { changeEntry, settleBeside } from '../../host/change-entry.ts';
import { type EntryState, isSameEntry, readEntry } from '../../host/entry-state.ts';
import { errorCode, isSystemError } from '../../host/errors.ts';
import { whoElseExchanges, whoElseWrites } from '../../host/other-writers.ts';
import { projectRoles } from '../../store/approved/record.ts';
import { systemReason } from '../../store/state-directory.ts';
import type { EntryStep } from '../step.ts';
import type { StepKind, StepPorts, Taken } from './kind.ts';

/** Describes a state in words: `a file of 12 bytes (sha256 …, mode 0644)`. */
export function stateText(state: EntryState): string {
  switch (state.kind) {
    case 'absent':
      return 'nothing';
    case 'file':
      return `a file of ${state.size} bytes (sha256 ${state.sha256.slice(0, 12)}, mode ${state.mode.toString(8).padStart(4, '0')})`;
    case 'link':
      return `a link to ${state.to}`;
    case 'other':
      return state.what;
  }
}

/**
 * Returns why a change failed. A mount point, such as a single file mounted into a container, cannot be
 * linked or renamed (link(2), rename(2)).
 */
function reasonOf(error: unknown): string {
  return ['EXDEV', 'EBUSY'].includes(errorCode(error))
    ? 'something is mounted there: change what is mounted, or unmount it'
    : systemReason(error);
}

/** Changes one file or symlink and checks the result. */
async function change(
  { directory, name, makes = [] }: EntryStep,
  { before, after }: Pick<EntryStep, 'before' | 'after'>,
  id: string,
  bytes: StepPorts['bytes'],
): Promise<Taken> {
  const content = after.kind === 'file' ? bytes(after.sha256) : undefined;
  if (after.kind === 'file' && content === undefined)
    return { refused: 'the content to restore is no longer kept' };
  try {
    if (before.kind === 'absent') for (const made of makes) await ensureDirectory(made, 0o755);
    const changed = await changeEntry(
      { directory, name, before, after, ...(content === undefined ? {} : { bytes: content }) },
      id,
    );
    if (changed !== 'done')
      return { refused: `found ${stateText(changed.changed)}, expected ${stateText(before)}` };
    const { state } = await readEntry(path.join(directory, name));
    return isSameEntry(state, after) ? { done: true } : { failed: `found ${stateText(state)} afterwards` };
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return errorCode(error) === 'ESTALE'
      ? { refused: `${directory} was replaced by another directory` }
      : { failed: reasonOf(error) };
  }
}

async function takeBack(step: EntryStep, id: string, { bytes }: StepPorts): Promise<string | undefined> {
  try {
    const { state } = await readEntry(path.join(step.directory, step.name));
    if (!isSameEntry(state, step.before)) {
      const taken = await change(step, { before: step.after, after: step.before }, id, bytes);
      if (!('done' in taken)) return 'refused' in taken ? taken.refused : taken.failed;
    }
    for (const made of [...(step.makes ?? [])].reverse()) await removeEmptyDirectory(made);
    return undefined;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return systemReason(error);
  }
}

function unsafe(
  { role, path: shown, directory, name, before, after }: EntryStep,
  outside: readonly string[],
): readonly string[] {
  const file = path.join(directory, name);
  // Files of the project are inside the repository by nature; project-files.ts guards their content.
  const rootedPath = { root: '/', path: file };
  const code = projectRoles.includes(role) ? [] : outside;
  // A symlink that is removed is not followed: its target, however unsafe, is no reason to keep it.
  const who = before.kind === 'link' ? whoElseExchanges(rootedPath, code) : whoElseWrites(rootedPath, code);
  const uid = process.geteuid?.() ?? -1;
  const owners = [before, after].flatMap((state) => (state.kind === 'file' ? [state.uid] : []));
  const foreign = owners.find((owner) => owner !== uid);
  return [
    ...(who === undefined ? [] : [`${shown} ${who}`]),
    ...(foreign === undefined || who !== undefined
      ? []
      : [`${shown} belongs to uid ${foreign}: a rollback changes only files of its own user (uid ${uid})`]),
  ];
}

/** The kind of steps that change one file or symlink. */
export const entryKind: StepKind<EntryStep> = {
  unsafe,
  take: (step, id, { bytes }) => change(step, step, id, bytes),
  verify: async ({ directory, name, after }) => {
    try {
      const { state } = await readEntry(path.join(directory, name));
      return isSameEntry(state, after) ? undefined : `found ${stateText(state)}`;
    } catch (error) {
      if (!isSystemError(error)) throw error;
      return systemReason(error);
    }
  },
  settle: ({ directory, name, before }, id) => settleBeside(directory, name, before, id),
  takeBack,
};
