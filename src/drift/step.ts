/**
 * The step from an observation to a state. From the past of a target and its newest observation it computes
 * the state, the journal lines and the next past. Pure, with plain data on both sides, so that it can run in
 * a thread.
 */
import { facets } from '../catalog/facets.ts';
import { baselineInForce, baselineRecords } from './baseline-in-force.ts';
import { comparable, isUnsettled, observedFacets, splitByFacet } from './compare.ts';
import { entriesOf, unsettledKey } from './entries.ts';
import { evaluate } from './evaluate.ts';
import { type Exemptions, graceUntil } from './exemptions.ts';
import { nextObservation } from './learner.ts';
import type { Observation } from './model.ts';
import { type Entries, facetOf } from './snapshot.ts';
import type { CollectorState, TargetState } from './state.ts';
import type { Observed, Past, Remembered, Step } from './step-data.ts';
import { countChanges, type Emitter, transition } from './transition.ts';

/** Returns the state of each collector after this run. */
function collectorStates(
  observation: Observation,
  whyNone: string | undefined,
  before: readonly CollectorState[],
): readonly CollectorState[] {
  return observation.runs.map((run) => {
    const success = run.success && run.unjudged === undefined && whyNone === undefined;
    const lastSuccess = success
      ? run.end
      : before.find((one) => one.collector === run.collector)?.lastSuccess;
    const why = run.why ?? whyNone;
    return {
      collector: run.collector,
      success,
      ...(run.unjudged === undefined ? {} : { unjudged: run.unjudged }),
      durationSeconds: Math.max(0, run.end - run.start) / 1000,
      ...(lastSuccess === undefined ? {} : { lastSuccess }),
      ...(why === undefined ? {} : { why }),
    };
  });
}

/**
 * Returns the next moment at which an exemption begins or ends, ms since the epoch; undefined if there is
 * none.
 */
function nextEnd({ waivers, deployment }: Exemptions, now: number): number | undefined {
  const ends = waivers.flatMap((one) => [one.created, one.expires]);
  if (deployment !== undefined) ends.push(graceUntil(deployment));
  const coming = ends.filter((end) => end > now);
  return coming.length === 0 ? undefined : Math.min(...coming);
}

/** Returns the entries to remember: entries that were not settled this time keep their last known value. */
function lastEntries(before: Entries | undefined, now: Entries, observation: Observation): Entries {
  if (before === undefined) return now;
  const observed = observedFacets(observation);
  const unsettled = isUnsettled(observation);
  const kept = [...before].filter(([key]) => {
    const facet = facetOf(key);
    return facet !== undefined && (!observed.includes(facet) || unsettled(key));
  });
  // Remembered entries are complete, so a new mark of unsettled keys must not be added to them.
  const marks = new Set(facets.map(unsettledKey).filter((key) => !before.has(key)));
  return new Map([...kept, ...[...now].filter(([key]) => !marks.has(key))]);
}

/** Reports whether anything persisted has changed. */
function differs(before: Remembered, after: Remembered): boolean {
  const stable = (one: Remembered) =>
    JSON.stringify([
      one.memory,
      one.learner,
      one.learned?.time,
      one.acceptedTold,
      one.learnedTold,
      one.comparedWithCommitted,
      one.last === undefined ? null : [...one.last].sort(),
    ]);
  return stable(before) !== stable(after);
}

/** Returns the counters after this observation, and the entries of each facet that it settled. */
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

const earliest = (times: readonly (number | undefined)[]): number | undefined =>
  times.reduce((a, b) => (a === undefined || (b !== undefined && b < a) ? b : a), undefined);

/**
 * Advances a target by one observation, in the light of its past. This is the only way from an observation to
 * a state.
 */
export function advance(observed: Observed, past: Past, emitter: Emitter): Step {
  const { observation, accepted, exemptions } = observed;
  const { digest } = emitter;
  const before = past.remembered;
  const entries = entriesOf(observation, observed.home);
  const { baseline, findings, learnt, whyNone } = baselineInForce(observed, before, entries, digest);
  const collectors = collectorStates(observation, whyNone, past.collectors);
  const { after, counters } = counted(observation, entries, before);
  const state = evaluate({
    observation,
    entries,
    pool: observed.pool,
    home: observed.home,
    baseline,
    baselineFindings: findings,
    pins: observed.pins,
    required: observed.required,
    collectors,
    counters,
    ...(exemptions === undefined ? {} : { exemptions }),
    open: before.memory.open,
    digest,
  });
  const runs = observation.runs.map((run) => ({ ...run, entries: after.get(run.facet)?.size ?? 0 }));
  const { memory, records } = transition(before.memory, state, runs, emitter);
  const disagreements = state.disagreements ?? past.disagreements;
  const remembered: Remembered = {
    ...learnt,
    ...(accepted === undefined ? {} : { acceptedTold: accepted.time }),
    ...(learnt.learned === undefined ? {} : { learnedTold: learnt.learned.time }),
    memory,
    last: lastEntries(before.last, entries, observation),
  };
  const until = earliest([
    exemptions === undefined ? undefined : nextEnd(exemptions, observation.time),
    nextObservation(remembered.learner, observation.time),
  ]);
  return {
    state: disagreements === undefined ? state : { ...state, disagreements },
    baseline,
    records: [...records, ...baselineRecords(observed, before, learnt, digest)],
    past: { remembered, collectors, ...(disagreements === undefined ? {} : { disagreements }) },
    changed: differs(before, remembered),
    ...(until === undefined ? {} : { until }),
  };
}

/**
 * Returns the state of a target whose inputs are unchanged, as of time `end` (ms since the epoch). No
 * collector ran, so their durations stay.
 */
export function redated(state: TargetState, end: number): TargetState {
  return {
    ...state,
    time: end,
    collectors: state.collectors.map((one) => (one.success ? { ...one, lastSuccess: end } : one)),
  };
}
