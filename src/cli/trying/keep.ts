/**
 * Records the state before and after a try, in the same form in which a rollback records the state that it
 * replaces.
 */
import path from 'node:path';
import { AppError } from '../../catalog/errors.ts';
import { formatSnapshot } from '../../drift/snapshot.ts';
import { isSameEntry } from '../../host/entry-state.ts';
import { isSystemError } from '../../host/errors.ts';
import { readMachine } from '../../host/machine.ts';
import { readApproval } from '../../observe/approval.ts';
import { readSources } from '../../observe/environment/sources.ts';
import type { TargetSettings } from '../../observe/target.ts';
import { writeApproved } from '../../store/approved/approved.ts';
import type { ApprovedEntry, ApprovedRecord } from '../../store/approved/record.ts';
import { openUnlocked } from '../../store/open.ts';
import { systemReason } from '../../store/state-directory.ts';
import { entryPath } from '../../undo/plan.ts';
import type { EntryStep } from '../../undo/step.ts';
import { kindOf } from '../../undo/steps/kinds.ts';
import { inspect } from '../inspect.ts';
import { repositoryRoot } from '../output-file.ts';
import { whoAmI } from '../record.ts';
import { conflictsOf, readPresent } from '../rollback/prepare.ts';
import type { Terminal } from '../terminal.ts';

type Facts = Omit<ApprovedRecord, 'entries' | 'followed' | 'snapshot'>;

/** What is saved before the command runs. */
export interface KeptBefore {
  /** SHA-256 of the record, in hex. */
  readonly digest: string;
  readonly entries: readonly ApprovedEntry[];
  /** Files of this user that could not be restored, each with its reason. */
  readonly barred: readonly string[];
  readonly facts: Facts;
  readonly snapshot: string;
  readonly bytes: readonly Uint8Array[];
}

/** What the command changed. */
export interface LeftAfter {
  /** Digest of the record that holds the changed files as they were before; undefined where none changed. */
  readonly digest?: string;
  readonly changed: readonly ApprovedEntry[];
  /** Changed files that cannot be restored, each with its reason. */
  readonly lost: readonly string[];
}

/** Returns why an entry could not be restored, by asking the guards of the step that would do it. */
function whyBarred(entry: ApprovedEntry, outside: readonly string[]): readonly string[] {
  const { role, path: shown, directory, name, state } = entry;
  const kind = state.kind === 'link' ? 'restore-link' : 'restore-file';
  const step: EntryStep = { kind, role, path: shown, directory, name, before: state, after: state };
  return kindOf(step).unsafe(step, outside);
}

/**
 * Reports whether a file belongs to the user. The user cannot change the others, so there is no need to warn
 * about them.
 */
const isOwn = ({ state }: ApprovedEntry, uid: number) => state.kind === 'file' && state.uid === uid;

async function write(
  stateDirectory: string,
  target: TargetSettings,
  { facts, snapshot, bytes }: Pick<KeptBefore, 'facts' | 'snapshot' | 'bytes'>,
  more: Pick<ApprovedRecord, 'entries'> & Partial<Pick<ApprovedRecord, 'followed'>>,
): Promise<string> {
  const unlocked = await openUnlocked(stateDirectory);
  const written = await writeApproved(unlocked, target, { ...facts, ...more }, snapshot, bytes);
  if (written.ok) return written.value;
  throw new AppError(
    'cannot save the current state',
    written.problem,
    'free disk space, or make the directory writable',
  );
}

/** Saves the current state. Throws AppError if it cannot be read or saved; the command must not run then. */
export async function keepBefore(
  terminal: Terminal,
  target: TargetSettings,
  stateDirectory: string,
  command: string,
): Promise<KeptBefore> {
  const { state } = await inspect(terminal, undefined, { settings: target, stateDirectory });
  const { entries, bytes } = await approvalOf(target);
  const { workspace } = target;
  const outside = workspace === '' ? [] : [workspace, repositoryRoot(terminal, workspace)];
  const judged = entries.map((entry) => ({ entry, why: whyBarred(entry, outside) }));
  const { uid } = readMachine();
  const kept = judged.flatMap(({ entry, why }) => (why.length === 0 ? [entry] : []));
  const barred = judged.flatMap(({ entry, why }) => (isOwn(entry, uid) ? why : []));
  const snapshot = formatSnapshot(state.entries, state.time);
  const facts: Facts = {
    schema: 1,
    target: target.name,
    workspace,
    time: state.time,
    fingerprint: state.fingerprint,
    who: whoAmI(),
    why: `before ${command}`,
    replaced: true,
    conflicts: [...conflictsOf(state)],
  };
  const digest = await write(stateDirectory, target, { facts, snapshot, bytes }, { entries: kept });
  return { digest, entries: kept, barred: [...new Set(barred)], facts, snapshot, bytes };
}

async function approvalOf(target: TargetSettings) {
  try {
    return await readApproval(await readSources(target, readMachine()));
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new AppError('cannot try the command', systemReason(error), 'make it readable and try again');
  }
}

/**
 * Finds what the command changed, and saves those files as they were before together with their current
 * state. Throws AppError if a file cannot be read.
 */
export async function keepAfter(
  target: TargetSettings,
  stateDirectory: string,
  before: KeptBefore,
): Promise<LeftAfter> {
  const present = await readPresent({ entries: [...before.entries] });
  const lost: string[] = [];
  const changed: ApprovedEntry[] = [];
  const followed: ApprovedEntry[] = [];
  for (const entry of before.entries) {
    const moved = present.moved.get(entry.path);
    const now = present.entries.get(entryPath(entry))?.state;
    if (moved !== undefined) lost.push(`${entry.path} is in ${moved} now instead of ${entry.directory}`);
    else if (now?.kind === 'other') lost.push(`${path.join(entry.directory, entry.name)} is ${now.what} now`);
    else if (now !== undefined && !isSameEntry(now, entry.state)) {
      changed.push(entry);
      followed.push({ ...entry, state: now });
    }
  }
  if (changed.length === 0) return { changed, lost };
  const digest = await write(stateDirectory, target, before, { entries: changed, followed });
  return { digest, changed, lost };
}

/** Reports whether every changed file is again as it was before the command. */
export async function isTakenBack({ changed }: LeftAfter): Promise<boolean> {
  const { entries } = await readPresent({ entries: [...changed] });
  return changed.every((entry) => {
    const now = entries.get(entryPath(entry))?.state;
    return now !== undefined && isSameEntry(now, entry.state);
  });
}
