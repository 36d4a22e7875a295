/** Between the loop's memory and the files of the state directory. Nothing here throws; what could not be kept is counted by the store. */
import type { Facet, Level } from '../catalog/facets.ts';
import { type Entries, parseSnapshot } from '../drift/snapshot.ts';
import type { DriftRecord, ResolvedRecord } from '../drift/state.ts';
import { nothingRemembered, type Remembered } from '../drift/step.ts';
import { type OpenDrift, replay } from '../drift/transition.ts';
import type { TargetSettings } from '../observe/target.ts';
import type { Kept } from '../observe/worker-messages.ts';
import {
  emptyTarget,
  loadBaseline,
  loadTargetState,
  saveBaseline,
  saveTargetState,
  targetStateSchema,
} from '../store/baselines.ts';
import { journalDirectory, readJournal } from '../store/journal.ts';
import { readTargetBaselines, storeKey } from '../store/peek.ts';
import type { StateDirectory, WriteResult } from '../store/state-directory.ts';
import { loadLastSnapshot, saveLastSnapshot } from '../store/target-files.ts';

type Report = (problem: string) => void;

function parsed(text: string | undefined): Entries | undefined {
  try {
    return text === undefined ? undefined : parseSnapshot(text).entries;
  } catch {
    return undefined; // a torn snapshot tells nothing; the next save replaces it
  }
}

/** Loads what is known of a target; damaged files are moved aside by the store and reported. */
export async function loadRemembered(
  state: StateDirectory,
  target: TargetSettings,
  timeMs: number,
  report: Report,
): Promise<Remembered> {
  const { remembered, journalSeq } = await loadStored(state, target, timeMs, report);
  return await replayed(state, target, remembered, journalSeq + 1);
}

/** What the journal says of a target beyond what was saved; a kill may fall between the line and the save. */
async function replayed(
  state: StateDirectory,
  target: TargetSettings,
  remembered: Remembered,
  from: number,
): Promise<Remembered> {
  let { memory, acceptedTold } = remembered;
  for await (const { type, record } of readJournal(journalDirectory(state.path), { from })) {
    if (record['target'] !== target.name || record['workspace'] !== target.workspace) continue;
    if (type === 'drift' || type === 'resolved')
      memory = replay(memory, record as unknown as DriftRecord | ResolvedRecord);
    if (type === 'baseline' && record['kind'] === 'accepted' && typeof record['taken'] === 'number')
      acceptedTold = record['taken'];
  }
  return { ...remembered, memory, ...(acceptedTold === undefined ? {} : { acceptedTold }) };
}

async function loadStored(
  state: StateDirectory,
  target: TargetSettings,
  timeMs: number,
  report: Report,
): Promise<{ readonly remembered: Remembered; readonly journalSeq: number }> {
  const key = storeKey(target);
  const loaded = await loadTargetState(state, key, targetStateSchema, timeMs);
  if (loaded.problem !== undefined) report(loaded.problem);
  const learnedFile = await loadBaseline(state, key, 'learned', timeMs);
  if (learnedFile.problem !== undefined) report(learnedFile.problem);
  const last = parsed(loadLastSnapshot(state, key));
  const learnedEntries = parsed(learnedFile.value?.text);
  const learned =
    learnedEntries === undefined || learnedFile.value === undefined
      ? undefined
      : { entries: learnedEntries, time: learnedFile.value.time };
  const stored = loaded.value;
  // Each deployment permits one learning: what was learned after its grace is newer than its end.
  const learnedBefore = learned === undefined ? {} : { learned: true as const, learnedAfter: learned.time };
  const base: Remembered = {
    ...nothingRemembered,
    learner: { ...nothingRemembered.learner, ...learnedBefore },
    ...(last === undefined ? {} : { last }),
    ...(learned === undefined ? {} : { learned }),
    ...(stored?.acceptedTold === undefined ? {} : { acceptedTold: stored.acceptedTold }),
  };
  if (stored === undefined) return { remembered: base, journalSeq: 0 };
  const open: Partial<Record<Facet, OpenDrift>> = {};
  for (const [facet, drift] of Object.entries(stored.drift)) {
    open[facet as Facet] = {
      since: drift.since,
      traceId: drift.traceId,
      spanId: drift.spanId,
      signature: drift.signature ?? '',
      level: (drift.level ?? 'none') as Level,
      eventId: drift.eventId ?? '',
    };
  }
  const remembered: Remembered = {
    ...base,
    memory: { open, counters: { changes: stored.changes, lastChange: stored.lastChange } },
    learner: stored.learning === null ? base.learner : { ...stored.learning, ...learnedBefore },
  };
  return { remembered, journalSeq: stored.journalSeq ?? 0 };
}

/** Stores what is known of a target, complete up to that line of the journal; the first write that failed ends it. */
export async function saveRemembered(
  state: StateDirectory,
  target: TargetSettings,
  { memory, learner, learned, last, acceptedTold }: Kept,
  journalSeq: number,
): Promise<WriteResult> {
  const key = storeKey(target);
  if (learned !== undefined && readTargetBaselines(state.path, target).learned?.time !== learned.time) {
    const saved = await saveBaseline(state, key, { kind: 'learned', ...learned });
    if (!saved.ok) return saved;
  }
  if (last !== undefined) {
    const saved = await saveLastSnapshot(state, key, last);
    if (!saved.ok) return saved;
  }
  return await saveTargetState(state, key, {
    ...emptyTarget(key),
    changes: memory.counters.changes,
    lastChange: memory.counters.lastChange,
    drift: Object.fromEntries(
      Object.entries(memory.open).map(([facet, drift]) => [facet, { ...drift, eventSeq: 0 }]),
    ),
    learning: { fingerprint: learner.fingerprint, seen: learner.seen },
    ...(acceptedTold === undefined ? {} : { acceptedTold }),
    journalSeq,
  });
}
