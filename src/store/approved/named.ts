/**
 * Finds the approved records that the journal names. A file in the state directory is trusted only as far as
 * the journal's chain confirms it: a refused acceptance leaves a record that no line names, and an older file
 * that names a baseline may have been copied back.
 */
import { AppError, makeItReadable } from '../../catalog/errors.ts';
import { eventOf, type JournalLine, journalDirectory, readJournal } from '../journal.ts';
import { readTargetBaselines, storeKey, type TargetName } from '../peek.ts';
import { type KeptRecord, readApproved, readRecords } from './approved.ts';

/** The records of a target, by the journal. */
export interface NamedRecords {
  /** Digests of accepted baselines, newest last; undefined for one that was kept without a record. */
  readonly accepted: readonly (string | undefined)[];
  /** Line number of the newest acceptance; absent if none is kept. */
  readonly line?: number;
  /** Digests of what rollbacks and trials replaced. */
  readonly replaced: ReadonlySet<string>;
  /** Time of the oldest line kept, ms since the epoch; older lines were pruned. 0 if none were. */
  readonly since: number;
}

/** Collects what the journal says about a target's records, line by line in order. */
export class NamedBy {
  readonly #target: TargetName;
  readonly #accepted = new Map<number, string | undefined>();
  readonly #replaced = new Set<string>();
  #since: number | undefined;

  constructor(target: TargetName) {
    this.#target = target;
  }

  /** Processes the next line. */
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

  /** Returns the result of the lines so far. */
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

/** Reads the whole journal for a target's records. Throws the system's error. */
async function namedRecords(stateDirectory: string, target: TargetName): Promise<NamedRecords> {
  const by = new NamedBy(target);
  for await (const line of readJournal(journalDirectory(stateDirectory))) by.see(line);
  return by.named();
}

/** Returns the number of the newest line that accepted a baseline, by {@link storeKey} of the target. */
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

/**
 * Returns the record of the baseline in force; `named` reads the journal by default. Throws AppError if there
 * is none, or the journal names another one.
 */
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
  if (digest === undefined) throw refuse('no baseline that could be restored was approved on this host');
  const { accepted, since } = await named();
  if (accepted.length > 0 && accepted.at(-1) !== digest)
    throw refuse('the newest baseline in the journal is not the stored one');
  const record = readApproved(stateDirectory, target, digest);
  if (accepted.length === 0 && record.time >= since)
    throw refuse('the journal does not name the stored baseline');
  return { digest, record };
}

/**
 * Returns every record that a target can be rolled back to, newest first: those that the journal names, and
 * those from before its oldest line. `left` as in {@link readRecords}.
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
