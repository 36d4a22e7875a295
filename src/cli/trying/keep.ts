/** What stands there before a try and after it: the same record that a rollback keeps of what it replaces. */
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
import { placeOf } from '../../undo/plan.ts';
import type { EntryStep } from '../../undo/step.ts';
import { kindOf } from '../../undo/steps/kinds.ts';
import { repositoryRoot } from '../asked-file.ts';
import { inspect } from '../inspect.ts';
import { whoAmI } from '../record.ts';
import { conflictsOf, readPresent } from '../rollback/prepare.ts';
import type { Terminal } from '../terminal.ts';

type Facts = Omit<ApprovedRecord, 'entries' | 'followed' | 'snapshot'>;

/** What is kept before the command runs. */
export interface KeptBefore {
  /** SHA-256 of the record, in hex. */
  readonly digest: string;
  readonly entries: readonly ApprovedEntry[];
  /** Names of this user that could not be put back, each with its reason. */
  readonly barred: readonly string[];
  readonly facts: Facts;
  readonly snapshot: string;
  readonly bytes: readonly Uint8Array[];
}

/** What a command left of that. */
export interface LeftAfter {
  /** Of the record of what changed, as it was; undefined where nothing did. */
  readonly digest?: string;
  readonly changed: readonly ApprovedEntry[];
  /** What changed and cannot come back, each with its reason. */
  readonly lost: readonly string[];
}

/** Why an entry could not be put back, asked as of a step that puts it there. */
function whyBarred(entry: ApprovedEntry, outside: readonly string[]): readonly string[] {
  const { role, path: shown, directory, name, state } = entry;
  const kind = state.kind === 'link' ? 'restore-link' : 'restore-file';
  const step: EntryStep = { kind, role, path: shown, directory, name, before: state, after: state };
  return kindOf(step).unsafe(step, outside);
}

/** Whether a user could change an entry: of what is not the user's own no try is made. */
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
  throw new AppError('cannot keep what stands there', written.problem, 'make room, or make it writable');
}

/** Keeps what stands there. Throws AppError where it cannot be read or kept: then nothing is tried. */
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
    throw new AppError('cannot try anything', systemReason(error), 'make it readable and try again');
  }
}

/** Looks what a command changed, and keeps that as it was, with what stands there instead. Throws AppError where it cannot be read. */
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
    const now = present.entries.get(placeOf(entry))?.state;
    if (moved !== undefined) lost.push(`${entry.path} is in ${moved} now, and was in ${entry.directory}`);
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

/** Which of these stand there as they were before; where all do, what was tried is taken back. */
export async function isTakenBack({ changed }: LeftAfter): Promise<boolean> {
  const { entries } = await readPresent({ entries: [...changed] });
  return changed.every((entry) => {
    const now = entries.get(placeOf(entry))?.state;
    return now !== undefined && isSameEntry(now, entry.state);
  });
}
