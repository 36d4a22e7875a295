/**
 * The one step from an observation to a verdict: what is known of a target and what was just observed give its state, what must be recorded,
 * and what is known from now on. Pure, and plain data on both sides, so that it can run in a thread.
 */
import { facets } from '../catalog/facets.ts';
import { type Learner, learn, newLearner } from './baseline.ts';
import {
  type BaselineSources,
  chooseBaseline,
  lostFindings,
  lostOf,
  readsCommitted,
  type StoredSnapshot,
} from './choose-baseline.ts';
import { entriesOf, unsettledKey } from './entries.ts';
import {
  comparable,
  evaluate,
  isUnsettled,
  observedFacets,
  portableFingerprint,
  splitByFacet,
} from './evaluate.ts';
import type { BaselineRecord, DriftRecord, ResolvedRecord } from './events.ts';
import { deploymentAt, type Exemptions, graceUntil } from './exemptions.ts';
import { fingerprint } from './fingerprint.ts';
import { type LostBaseline, lostBaseline } from './lost-baseline.ts';
import type { Finding, Observation } from './model.ts';
import type { Pin } from './pins.ts';
import { type Entries, facetOf, formatBody } from './snapshot.ts';
import type { CollectorState, TargetState } from './state.ts';
import { countChanges, type Emitter, emptyMemory, type Memory, transition } from './transition.ts';

/** What a target's past is; `undefined` parts are not known yet. */
export interface Remembered {
  readonly memory: Memory;
  readonly learner: Learner;
  readonly accepted?: StoredSnapshot;
  /** `time` of the accepted baseline that the journal knows. */
  readonly acceptedTold?: number;
  readonly learned?: StoredSnapshot;
  /** `time` of the learned baseline that the journal knows. */
  readonly learnedTold?: number;
  /** The learned baseline is known to have been in force, and is gone or damaged. A baseline that is accepted ends it. */
  readonly lostLearned?: LostBaseline;
  /** Entries of the newest snapshot, for changes made while the program was down. */
  readonly last?: Entries;
}

export const nothingRemembered: Remembered = { memory: emptyMemory, learner: newLearner };

/** An approved snapshot and its approval. */
export interface Approved extends StoredSnapshot {
  readonly fingerprint: string;
  readonly who?: string;
  readonly why?: string;
}

/** A line that a step adds to the journal. */
export type StepRecord = DriftRecord | ResolvedRecord | BaselineRecord;

/** What is known of a target between two steps. */
export interface Past {
  readonly remembered: Remembered;
  readonly collectors: readonly CollectorState[];
  /** How often `go env` answered otherwise when it was asked last. */
  readonly disagreements?: number;
}

export const noPast: Past = { remembered: nothingRemembered, collectors: [] };

/** What was observed of a target, and what it is judged by. */
export interface Observed {
  readonly observation: Observation;
  readonly pool: string;
  readonly home: string;
  readonly pins: readonly Pin[];
  readonly required: readonly string[];
  readonly baseline: BaselineSources['mode'];
  readonly committed?: StoredSnapshot;
  readonly accepted?: Approved;
  /** The accepted baseline is there and cannot be used. */
  readonly lostAccepted?: LostBaseline;
  /** Undefined where nobody asked: the observation failed altogether. */
  readonly exemptions?: Exemptions;
  /** Why no collector counts as successful, whatever it found. */
  readonly whyNone?: string;
}

/** What a step gives. */
export interface Step {
  readonly state: TargetState;
  /** In the order in which they are to be written. */
  readonly records: readonly StepRecord[];
  readonly past: Past;
  /** Whether anything that is persisted differs; an idle exporter writes nothing. */
  readonly changed: boolean;
  /** When the state changes by time alone: a waiver or a grace ends. ms since the epoch. */
  readonly until?: number;
}

/** How the collectors did. */
function collectorStates(
  { observation, whyNone }: Observed,
  before: readonly CollectorState[],
): readonly CollectorState[] {
  return observation.runs.map((run) => {
    const success = run.success && whyNone === undefined;
    const lastSuccess = success
      ? run.end
      : before.find((one) => one.collector === run.collector)?.lastSuccess;
    const why = run.why ?? whyNone;
    return {
      collector: run.collector,
      success,
      durationSeconds: Math.max(0, run.end - run.start) / 1000,
      ...(lastSuccess === undefined ? {} : { lastSuccess }),
      ...(why === undefined ? {} : { why }),
    };
  });
}

/**
 * The next memory of the baseline learner: only passes in which every collector succeeded count. What was learned stays until three agree
 * after a deployment's grace.
 */
function learnFrom(
  remembered: Remembered,
  { observation, exemptions, whyNone, lostAccepted }: Observed,
  entries: Entries,
  digest: Emitter['digest'],
): Remembered {
  // What stands there now may be the drift that a lost baseline was to show.
  if (lostAccepted !== undefined || remembered.lostLearned !== undefined) return remembered;
  if (whyNone !== undefined || observation.runs.some((run) => !run.success)) return remembered;
  // A baseline without what will be known in a moment would miss it for ever.
  const { time, toolchain } = observation;
  if (toolchain.status === 'ok' && toolchain.pending === true) return remembered;
  const before = remembered.learner;
  const learner = learn(
    before,
    fingerprint(formatBody(entries), digest),
    deploymentAt(exemptions?.deployment, time),
  );
  const completed = learner.learned === true && learner !== before;
  return { ...remembered, learner, ...(completed ? { learned: { entries, time } } : {}) };
}

/** The next moment at which exemptions begin or end, ms since the epoch; undefined when none is to come. */
function nextEnd({ waivers, deployment }: Exemptions, now: number): number | undefined {
  const ends = waivers.flatMap((one) => [one.created, one.expires]);
  if (deployment !== undefined) ends.push(graceUntil(deployment));
  const coming = ends.filter((end) => end > now);
  return coming.length === 0 ? undefined : Math.min(...coming);
}

/** Entries that were not settled this time stay as they were known. */
function lastEntries(before: Entries | undefined, now: Entries, observation: Observation): Entries {
  if (before === undefined) return now;
  const observed = observedFacets(observation);
  const unsettled = isUnsettled(observation);
  const kept = [...before].filter(([key]) => {
    const facet = facetOf(key);
    return facet !== undefined && (!observed.includes(facet) || unsettled(key));
  });
  // What was known once is known still, so the mark of what is open now does not stick to it.
  const marks = new Set(facets.map(unsettledKey).filter((key) => !before.has(key)));
  return new Map([...kept, ...[...now].filter(([key]) => !marks.has(key))]);
}

/** Whether anything that is persisted differs. */
function differs(before: Remembered, after: Remembered): boolean {
  const stable = (one: Remembered) =>
    JSON.stringify([
      one.memory,
      one.learner,
      one.learned?.time,
      one.acceptedTold,
      one.learnedTold,
      one.last === undefined ? null : [...one.last].sort(),
    ]);
  return stable(before) !== stable(after);
}

/** The lines that say that a baseline came into force. */
function baselineRecords(
  { observation, accepted }: Observed,
  before: Remembered,
  learnt: Remembered,
  digest: Emitter['digest'],
): readonly BaselineRecord[] {
  const { target, workspace } = observation;
  const base = { type: 'baseline', target, workspace } as const;
  const records: BaselineRecord[] = [];
  if (learnt.learned !== undefined && learnt.learned.time !== before.learnedTold)
    records.push({
      ...base,
      kind: 'learned',
      fingerprint: portableFingerprint(learnt.learned.entries, digest),
      taken: learnt.learned.time,
    });
  // `baseline accept` writes the line itself where nobody runs; else it is ours to write.
  if (accepted !== undefined && accepted.time !== before.acceptedTold) {
    const { fingerprint: approved, who, why } = accepted;
    records.push({
      ...base,
      kind: 'accepted',
      fingerprint: approved,
      taken: accepted.time,
      ...(who === undefined ? {} : { who }),
      ...(why === undefined ? {} : { why }),
    });
  }
  return records;
}

/** Counters after this observation, and the entries of each facet that it settled. */
function counted(observation: Observation, entries: Entries, { memory, last }: Remembered) {
  const observed = observedFacets(observation);
  const after = splitByFacet(entries, observed);
  const compared =
    last === undefined
      ? { before: undefined, after }
      : comparable(splitByFacet(last, observed), after, observation);
  return {
    after,
    counters: countChanges(memory.counters, compared.before, compared.after, observation.time),
  };
}

/**
 * What is known of the baselines of this host, as this look found them. One that cannot be used any more stays in force as it was known; one
 * that was accepted since makes a lost one a thing of the past, and what is learned begins anew.
 */
function withAccepted(
  seen: Observed,
  before: Remembered,
): { readonly seen: Observed; readonly known: Remembered } {
  const { accepted: kept, ...rest } = before;
  const { accepted } = seen;
  if (accepted === undefined && seen.baseline !== 'learned') {
    const lostAccepted =
      seen.lostAccepted ??
      (before.acceptedTold === undefined
        ? undefined
        : { kind: 'accepted' as const, why: 'its file is gone' });
    if (lostAccepted === undefined) return { seen, known: rest };
    return { seen: { ...seen, lostAccepted }, known: kept === undefined ? rest : before };
  }
  const { lostAccepted: _unneeded, ...found } = seen;
  const known = { ...rest, ...(accepted === undefined ? {} : { accepted }) };
  if (accepted === undefined) return { seen: found, known };
  if (known.lostLearned === undefined || accepted.time === before.acceptedTold) return { seen, known };
  const { lostLearned: _lost, learnedTold: _told, ...others } = known;
  return { seen, known: { ...others, learner: newLearner } };
}

/** What is said of an accepted baseline that is in force as it was known, though it is not on the disk any more. */
function keptFindings({ lostAccepted, accepted }: Observed, known: Remembered): readonly Finding[] {
  if (lostAccepted === undefined || lostAccepted.unread === true) return [];
  return accepted === undefined && known.accepted !== undefined ? [lostBaseline(lostAccepted)] : [];
}

/** Why no collector counts as successful: what it finds cannot be compared with the baseline that is in force. */
function whyNothingCounts(
  seen: Observed,
  lost: LostBaseline | undefined,
  sources: BaselineSources,
): string | undefined {
  if (seen.whyNone !== undefined) return seen.whyNone;
  const committed = readsCommitted(sources.mode) && sources.committed !== undefined;
  return lost === undefined || committed ? undefined : lost.why;
}

/** Judges what was observed of a target, in the light of its past. */
export function advance(observed: Observed, past: Past, emitter: Emitter): Step {
  const { observation, accepted, exemptions, committed } = observed;
  const { digest } = emitter;
  const before = past.remembered;
  const entries = entriesOf(observation, observed.home);
  const { seen: withLost, known: current } = withAccepted(observed, before);
  const lost = [withLost.lostAccepted, current.lostLearned].filter((one) => one !== undefined);
  const sourcesBefore: BaselineSources = {
    mode: observed.baseline,
    ...(committed === undefined ? {} : { committed }),
    ...(current.accepted === undefined ? {} : { accepted: current.accepted }),
    ...(current.learned === undefined ? {} : { learned: current.learned }),
    lost,
  };
  const whyNone = whyNothingCounts(withLost, lostOf(sourcesBefore), sourcesBefore);
  const seen: Observed = { ...withLost, ...(whyNone === undefined ? {} : { whyNone }) };
  const collectors = collectorStates(seen, past.collectors);
  const learnt = learnFrom(current, seen, entries, digest);
  const sources = { ...sourcesBefore, ...(learnt.learned === undefined ? {} : { learned: learnt.learned }) };
  const { after, counters } = counted(observation, entries, before);
  const input = {
    observation,
    pool: seen.pool,
    home: seen.home,
    baseline: chooseBaseline(sources, digest),
    baselineFindings: [...lostFindings(sources), ...keptFindings(withLost, current)],
    pins: seen.pins,
    required: seen.required,
    collectors,
    counters,
    ...(exemptions === undefined ? {} : { exemptions }),
    digest,
  };
  const first = evaluate({ ...input, open: before.memory.open });
  const runs = observation.runs.map((run) => ({ ...run, entries: after.get(run.facet)?.size ?? 0 }));
  const { memory, records } = transition(before.memory, first, runs, emitter);
  // Onset and trace of what was just found belong to this very state.
  const evaluated = records.length === 0 ? first : evaluate({ ...input, open: memory.open });
  const disagreements = evaluated.disagreements ?? past.disagreements;
  const state = disagreements === undefined ? evaluated : { ...evaluated, disagreements };
  const remembered: Remembered = {
    ...learnt,
    ...(accepted === undefined ? {} : { acceptedTold: accepted.time }),
    ...(learnt.learned === undefined ? {} : { learnedTold: learnt.learned.time }),
    memory,
    last: lastEntries(before.last, entries, observation),
  };
  const until = exemptions === undefined ? undefined : nextEnd(exemptions, observation.time);
  return {
    state,
    records: [...records, ...baselineRecords(seen, before, learnt, digest)],
    past: { remembered, collectors, ...(disagreements === undefined ? {} : { disagreements }) },
    changed: differs(before, remembered),
    ...(until === undefined ? {} : { until }),
  };
}

/** The state of a target that was found unchanged: all that the collectors that succeeded had read is still so. No collector ran, so their durations stay. */
export function redated(state: TargetState, end: number): TargetState {
  return {
    ...state,
    time: end,
    collectors: state.collectors.map((one) => (one.success ? { ...one, lastSuccess: end } : one)),
  };
}
