/**
 * Which records the journal names: what lies in the state directory is believed as far as the chained record of it goes. An acceptance that was refused leaves
 * a record that no line names, and an older file that names a baseline may have been copied back.
 */
import { AppError, makeItReadable } from '../../catalog/errors.ts';
import { eventOf, type JournalLine, journalDirectory, readJournal } from '../journal.ts';
import { readTargetBaselines, storeKey, type TargetName } from '../peek.ts';
import { type KeptRecord, readApproved, readRecords } from './approved.ts';

/** What the journal says of a target's records. */
export interface NamedRecords {
  /** Digests of the baselines that were accepted, the newest last; undefined where one was kept without a record. */
  readonly accepted: readonly (string | undefined)[];
  /** Number of the line of the newest one; absent where none is kept. */
  readonly line?: number;
  /** Digests of what rollbacks and tries replaced. */
  readonly replaced: ReadonlySet<string>;
  /** When the oldest line that is kept was written, ms since the epoch; what is older was pruned. 0 where nothing was. */
  readonly since: number;
}

/** Gathers what a journal says of a target's records, line by line in their order. */
export class NamedBy {
  readonly #target: TargetName;
  readonly #accepted = new Map<number, string | undefined>();
  readonly #replaced = new Set<string>();
  #since: number | undefined;

  constructor(target: TargetName) {
    this.#target = target;
  }

  /** Takes in the next line. */
  readonly see = (line: JournalLine): void => {
    this.#since ??= line.seq === 1 ? 0 : Date.parse(line.time);
    const event = eventOf(line);
    if (event.type === 'undo') this.#accepted.delete(event.line);
    const { name, workspace } = this.#target;
    if (!('target' in event) || event.target !== name || !('workspace' in event)) return;
    if (event.workspace !== workspace) return;
    if (event.type === 'baseline' && event.kind === 'accepted') this.#accepted.set(line.seq, event.record);
    if (event.type === 'intent' && event.operation === 'rollback' && event.replaced !== undefined)
      this.#replaced.add(event.replaced);
    if (event.type === 'try') this.#replaced.add(event.replaced);
  };

  /** What the lines said so far. */
  named(): NamedRecords {
    const line = [...this.#accepted.keys()].at(-1);
    return {
      accepted: [...this.#accepted.values()],
      ...(line === undefined ? {} : { line }),
      replaced: this.#replaced,
      since: this.#since ?? 0,
    };
  }
}

/** What the whole journal says of a target's records. Throws the system's error. */
async function namedRecords(stateDirectory: string, target: TargetName): Promise<NamedRecords> {
  const by = new NamedBy(target);
  for await (const line of readJournal(journalDirectory(stateDirectory))) by.see(line);
  return by.named();
}

/** Number of the newest line that accepted a baseline, by {@link storeKey} of its target. */
export async function acceptedLines(stateDirectory: string): Promise<ReadonlyMap<string, number>> {
  const accepted = new Map<number, string>();
  for await (const line of readJournal(journalDirectory(stateDirectory))) {
    const event = eventOf(line);
    if (event.type === 'undo') accepted.delete(event.line);
    if (event.type === 'baseline' && event.kind === 'accepted')
      accepted.set(line.seq, storeKey({ ...event, name: event.target }));
  }
  return new Map([...accepted].map(([seq, key]) => [key, seq]));
}

/** The record of the baseline that is in force; `named` reads the journal unless it was. Throws AppError where there is none, or the journal names another one. */
export async function recordInForce(
  stateDirectory: string,
  target: TargetName,
  named = () => namedRecords(stateDirectory, target),
): Promise<KeptRecord> {
  const refuse = (why: string) =>
    new AppError(
      `cannot roll ${target.name} back`,
      why,
      'run godrift baseline accept --reason … while all is well',
    );
  const { accepted: baseline, lost } = readTargetBaselines(stateDirectory, target);
  const unread = lost.find(({ kind, unread }) => kind === 'accepted' && unread === true);
  if (unread !== undefined) throw new AppError(`cannot roll ${target.name} back`, unread.why, makeItReadable);
  const digest = baseline?.record;
  if (digest === undefined) throw refuse('nothing that could be put back was approved on this host');
  const { accepted, since } = await named();
  if (accepted.length > 0 && accepted.at(-1) !== digest)
    throw refuse('the journal names another baseline as the newest than the one that is kept');
  const record = readApproved(stateDirectory, target, digest);
  if (accepted.length === 0 && record.time >= since)
    throw refuse('no line of the journal names the baseline that is kept');
  return { digest, record };
}

/**
 * Every record of a target that can be gone back to, the newest first: those that the journal names, and those from before its oldest line. `left` as
 * {@link readRecords} says it.
 */
export async function usableRecords(
  stateDirectory: string,
  target: TargetName,
  named = () => namedRecords(stateDirectory, target),
): Promise<ReturnType<typeof readRecords>> {
  const { accepted, replaced, since } = await named();
  const { records, left } = readRecords(stateDirectory, target);
  const usable = records.filter(
    ({ digest, record }) => accepted.includes(digest) || replaced.has(digest) || record.time < since,
  );
  return { records: usable, left };
}
