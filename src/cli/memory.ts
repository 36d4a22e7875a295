/**
 * Loads and saves the loop's memory of targets in the state directory. A failed write is counted by the
 * store. An unreadable file throws, because nothing may be learned or written in its place. A baseline that
 * was in force and is now damaged or gone is reported as a lost baseline.
 */
import { AppError, makeItReadable } from '../catalog/errors.ts';
import type { Facet, Level } from '../catalog/facets.ts';
import { type EventTable, project } from '../drift/events.ts';
import { agreeing } from '../drift/learner.ts';
import { type Entries, facetOf, parseSnapshot } from '../drift/snapshot.ts';
import { nothingRemembered, type Remembered } from '../drift/step-data.ts';
import { type OpenDrift, replay } from '../drift/transition.ts';
import type { PersistedMemory } from '../observe/loop/worker-messages.ts';
import {
  emptyTarget,
  loadTargetState,
  type PersistedTarget,
  saveBaseline,
  saveTargetState,
  targetStateSchema,
} from '../store/baselines.ts';
import { eventOf, journalDirectory, readJournal } from '../store/journal.ts';
import { readBaseline, readPointer, storeKey, type TargetName, targetFiles } from '../store/peek.ts';
import type { StateDirectory, WriteResult } from '../store/state-directory.ts';
import {
  loadLastSnapshot,
  removeOlderSnapshots,
  saveLastSnapshot,
  snapshotFingerprint,
} from '../store/target-files.ts';

type Report = (problem: string) => void;

/** Returns the name of the write that stores the memory of a target. */
export function memoryOf(target: TargetName): string {
  return `memory of ${storeKey(target)}`;
}

function parsed(text: string | undefined): Entries | undefined {
  try {
    return text === undefined ? undefined : parseSnapshot(text).entries;
  } catch {
    return undefined; // a torn snapshot is useless; the next save replaces it
  }
}

/** Returns the name of the write that stores the newest snapshot of a target. */
export function snapshotOf(target: TargetName): string {
  return `snapshot of ${storeKey(target)}`;
}

/**
 * Loads the memory of a target. The store moves a damaged state aside and reports it. Throws if a file exists
 * and cannot be read.
 */
export async function loadRemembered(
  state: StateDirectory,
  target: TargetName,
  timeMs: number,
  report: Report,
): Promise<Remembered> {
  const { remembered, journalSeq, fingerprint } = await loadStored(state, target, timeMs, report);
  const now = await replayed(state, target, remembered, journalSeq + 1);
  const load = async (of: string | undefined) => {
    const { value, problem } = await loadLastSnapshot(state, storeKey(target), of, timeMs);
    if (problem !== undefined) report(problem);
    return parsed(value);
  };
  const stored = await load(fingerprint);
  // Changes must not be counted twice: the next observation is compared with the snapshot up to which they
  // were counted.
  const last =
    now.counted === undefined || now.counted === fingerprint
      ? stored
      : ((await load(now.counted)) ?? without(stored, now.facets));
  return withLearned({ ...now.remembered, ...(last === undefined ? {} : { last }) }, state, target);
}

/**
 * Removes the entries of some facets. Without the snapshot up to which these facets were counted, nobody
 * knows what changed in them since.
 */
function without(entries: Entries | undefined, facets: ReadonlySet<Facet>): Entries | undefined {
  if (entries === undefined) return undefined;
  const isKnown = (facet: Facet | undefined) => facet === undefined || !facets.has(facet);
  return new Map([...entries].filter(([key]) => isKnown(facetOf(key))));
}

interface Replayed {
  readonly remembered: Remembered;
  /** Fingerprint of the snapshot up to which changes are counted; undefined where no line names it. */
  readonly counted: string | undefined;
  /** Facets that the lines are about. */
  readonly facets: ReadonlySet<Facet>;
}

/**
 * Replays the journal lines that are newer than the saved memory: the process may have been killed between
 * writing a line and saving.
 */
async function replayed(
  state: StateDirectory,
  target: TargetName,
  remembered: Remembered,
  from: number,
): Promise<Replayed> {
  let now = remembered;
  let counted: string | undefined;
  const facets = new Set<Facet>();
  for await (const line of readJournal(journalDirectory(state.path), { from })) {
    const { record } = line;
    if (record['target'] !== target.name || record['workspace'] !== target.workspace) continue;
    const event = eventOf(line);
    now = project(recalled, event, now);
    if (event.type !== 'drift' && event.type !== 'resolved') continue;
    counted = event.counted_snapshot ?? counted;
    for (const facet of event.facets) facets.add(facet);
  }
  return { remembered: now, counted, facets };
}

const nothingNew = (_: unknown, known: Remembered): Remembered => known;

/** How each event changes the memory of a target that does not include it yet. */
const recalled: EventTable<Remembered, [Remembered]> = {
  drift: (event, known) => ({ ...known, memory: replay(known.memory, event) }),
  resolved: (event, known) => ({ ...known, memory: replay(known.memory, event) }),
  baseline: ({ kind, taken }, known) => ({
    ...known,
    ...(kind === 'accepted' ? { acceptedTold: taken } : { learnedTold: taken }),
  }),
  deployment: nothingNew,
  waiver: nothingNew,
  target: nothingNew,
  intent: nothingNew,
  outcome: nothingNew,
  undo: nothingNew,
  gap: nothingNew,
  alert: nothingNew,
  refusal: nothingNew,
  approval: nothingNew,
  control: nothingNew,
  blame: nothingNew,
  try: nothingNew,
};

/** Adds the learned baseline as it is stored, or marks it as lost if it is known to have been in force. */
function withLearned(remembered: Remembered, state: StateDirectory, target: TargetName): Remembered {
  const { learnedTold } = remembered;
  const found = readBaseline(targetFiles(state.path, target), 'learned');
  if (found.state === 'unread')
    throw new AppError('cannot read the learned baseline', found.why, makeItReadable);
  const lost = (why: string): Remembered => ({ ...remembered, lostLearned: { kind: 'learned', why } });
  if (found.state === 'absent')
    return learnedTold === undefined ? remembered : lost('it was learned, and its file is gone');
  if (found.state === 'damaged') return lost(found.why);
  const { entries, time } = found.value;
  if (learnedTold !== undefined && time < learnedTold)
    return lost(`its file is of ${new Date(time).toISOString()}, and it was learned anew after that`);
  return {
    ...remembered,
    // Each deployment permits learning once. A baseline that was learned after its grace period is newer than
    // the end of that period.
    learner: { ...remembered.learner, learned: true, learnedAfter: time },
    learned: { entries, time },
  };
}

async function loadStored(
  state: StateDirectory,
  target: TargetName,
  timeMs: number,
  report: Report,
): Promise<{
  readonly remembered: Remembered;
  readonly journalSeq: number;
  readonly fingerprint: string | undefined;
}> {
  const key = storeKey(target);
  const { value: stored, problem, unread } = await loadTargetState(state, key, targetStateSchema, timeMs);
  if (unread === true)
    throw new AppError('cannot read what is known of a target', problem ?? key, makeItReadable);
  if (problem !== undefined) report(problem);
  if (stored === undefined) return { remembered: nothingRemembered, journalSeq: 0, fingerprint: undefined };
  const open: Partial<Record<Facet, OpenDrift>> = {};
  for (const [facet, drift] of Object.entries(stored.drift)) {
    open[facet as Facet] = {
      since: drift.since,
      traceId: drift.traceId,
      spanId: drift.spanId,
      signature: drift.signature ?? '',
      level: (drift.level ?? 'none') as Level,
      eventId: drift.eventId ?? '',
      ...(drift.severity === undefined ? {} : { severity: drift.severity }),
      ...(drift.hostId === undefined ? {} : { hostId: drift.hostId }),
    };
  }
  const learnedTold = stored.learnedTold ?? learnedBefore(stored, state, target);
  const remembered: Remembered = {
    memory: { open, counters: { changes: stored.changes, lastChange: stored.lastChange } },
    ...(stored.acceptedTold === undefined ? {} : { acceptedTold: stored.acceptedTold }),
    ...(learnedTold === undefined ? {} : { learnedTold }),
    ...(stored.comparedWithCommitted === undefined ? {} : { comparedWithCommitted: true }),
    learner: stored.learning ?? nothingRemembered.learner,
  };
  return { remembered, journalSeq: stored.journalSeq ?? 0, fingerprint: stored.last };
}

/**
 * Returns when a baseline was learned, for a state saved by a version that did not note it: a learner that
 * had seen enough observations had learned. 0 if the file is gone and the time is unknown.
 */
function learnedBefore(
  { learning }: PersistedTarget,
  state: StateDirectory,
  target: TargetName,
): number | undefined {
  if (learning === null || learning.seen < agreeing) return undefined;
  const found = readPointer(targetFiles(state.path, target), 'learned');
  return found.state === 'read' ? found.value.time : 0;
}

/** Stores the learned baseline, unless it is already stored. */
export async function saveLearned(
  state: StateDirectory,
  target: TargetName,
  { learned }: { readonly learned?: PersistedMemory['learned'] | undefined },
): Promise<WriteResult> {
  const found = readBaseline(targetFiles(state.path, target), 'learned');
  if (learned === undefined || (found.state === 'read' && found.value.time === learned.time))
    return { ok: true, value: undefined };
  return await saveBaseline(state, storeKey(target), { kind: 'learned', ...learned });
}

/**
 * Saves the memory of a target, complete up to a line of the journal. Stops at the first write that fails.
 */
export async function saveRemembered(
  state: StateDirectory,
  target: TargetName,
  { memory, learner, learned, last, acceptedTold, learnedTold, comparedWithCommitted }: PersistedMemory,
  journalSeq: number,
): Promise<WriteResult> {
  const key = storeKey(target);
  const stored = await saveLearned(state, target, { learned });
  if (!stored.ok) return stored;
  if (last !== undefined) {
    const saved = await saveLastSnapshot(state, key, last);
    if (!saved.ok) return saved;
  }
  const fingerprint = last === undefined ? undefined : snapshotFingerprint(last);
  const saved = await saveTargetState(state, key, {
    ...emptyTarget(key),
    changes: memory.counters.changes,
    lastChange: memory.counters.lastChange,
    drift: Object.fromEntries(
      Object.entries(memory.open).map(([facet, drift]) => [facet, { ...drift, eventSeq: 0 }]),
    ),
    learning: { fingerprint: learner.fingerprint, seen: learner.seen },
    ...(acceptedTold === undefined ? {} : { acceptedTold }),
    ...(learnedTold === undefined ? {} : { learnedTold }),
    ...(comparedWithCommitted === undefined ? {} : { comparedWithCommitted }),
    ...(fingerprint === undefined ? {} : { last: fingerprint }),
    journalSeq,
  });
  return saved.ok && fingerprint !== undefined ? await removeOlderSnapshots(state, key, fingerprint) : saved;
}
