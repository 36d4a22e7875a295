/** What becomes of the baselines of this host in a step: accepted, learned, lost, and what is said and recorded of them. */
import {
  type Baseline,
  type BaselineSources,
  chooseBaseline,
  lostFindings,
  lostOf,
  readsCommitted,
} from './choose-baseline.ts';
import { missingBaseline } from './committed.ts';
import { portableFingerprint } from './compare.ts';
import type { BaselineRecord } from './events.ts';
import { deploymentAt } from './exemptions.ts';
import { fingerprint } from './fingerprint.ts';
import { learn, newLearner } from './learner.ts';
import { type LostBaseline, lostBaseline } from './lost-baseline.ts';
import type { Finding } from './model.ts';
import { type Entries, formatBody } from './snapshot.ts';
import type { Observed, Remembered } from './step-data.ts';
import type { Emitter } from './transition.ts';

/** What a target is compared with in a step. */
export interface BaselineInForce {
  readonly baseline: Baseline;
  /** What is to be said of the baselines. */
  readonly findings: readonly Finding[];
  /** What is remembered, with what this step has learned. */
  readonly learnt: Remembered;
  /** Why no collector counts as successful. */
  readonly whyNone?: string;
}

/** Decides what is in force, and learns. `entries` are those of the observation, `digest` is hex SHA-256. */
export function baselineInForce(
  observed: Observed,
  before: Remembered,
  entries: Entries,
  digest: Emitter['digest'],
): BaselineInForce {
  const { committed, revision, committedFindings = [] } = observed;
  const { seen, known } = withAccepted(observed, before);
  const { accepted, learned } = known;
  const asStored: BaselineSources = {
    mode: observed.baseline,
    ...(committed === undefined ? {} : { committed }),
    ...(revision === undefined ? {} : { revision }),
    ...(accepted === undefined ? {} : { accepted }),
    ...(learned === undefined ? {} : { learned }),
    lost: [seen.lostAccepted, known.lostLearned, lostCommitted(observed, before)].filter(
      (one) => one !== undefined,
    ),
  };
  const lostNow = lostOf(asStored);
  const whyNone = whyNothingCounts(seen, lostNow, asStored);
  const counting: Observed = { ...seen, ...(whyNone === undefined ? {} : { whyNone }) };
  const learnt = withCompared(learnFrom(known, counting, entries, digest), committed !== undefined, lostNow);
  const sources = { ...asStored, ...(learnt.learned === undefined ? {} : { learned: learnt.learned }) };
  const baseline = chooseBaseline(sources, digest);
  const lost = [...lostFindings(sources), ...keptFindings(seen, known)];
  return {
    baseline,
    findings: [...committedFindings, ...lost, ...demanded(observed, baseline, lost)],
    learnt,
    ...(whyNone === undefined ? {} : { whyNone }),
  };
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
  // A baseline without what will be known in a moment, or once a go answers, would miss it for ever.
  const { time, toolchain } = observation;
  if (toolchain.status === 'ok' && (toolchain.pending === true || toolchain.facts.local === undefined))
    return remembered;
  const before = remembered.learner;
  const learner = learn(
    before,
    fingerprint(formatBody(entries), digest),
    time,
    deploymentAt(exemptions?.deployment, time),
  );
  const completed = learner.learned === true && learner !== before;
  return { ...remembered, learner, ...(completed ? { learned: { entries, time } } : {}) };
}

/**
 * A committed baseline that is gone while a drift from it lasts, as on a branch without it: whoever may write there could end each drift by removing it, and
 * what stands there now would be learned. One that is gone while nothing differs is nobody's loss.
 */
function lostCommitted(
  { baseline, committed, committedFindings = [] }: Observed,
  { comparedWithCommitted, memory }: Remembered,
): LostBaseline | undefined {
  const isGone = readsCommitted(baseline) && committed === undefined && committedFindings.length === 0;
  return isGone && comparedWithCommitted === true && Object.keys(memory.open).length > 0
    ? { kind: 'committed', why: 'its file is gone while a drift from it lasts' }
    : undefined;
}

/** What is remembered of the committed baseline: it was compared with, now or before it was lost. */
function withCompared(
  { comparedWithCommitted: _before, ...rest }: Remembered,
  compared: boolean,
  lost: LostBaseline | undefined,
): Remembered {
  return compared || lost?.kind === 'committed' ? { ...rest, comparedWithCommitted: true } : rest;
}

/** The lines that say that a baseline came into force. */
export function baselineRecords(
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

/** A baseline is demanded, and there is none. One that is lost is told as that. */
function demanded(
  { requireBaseline }: Observed,
  { kind }: Baseline,
  lost: readonly Finding[],
): readonly Finding[] {
  return requireBaseline === true && kind === 'none' && lost.length === 0 ? [missingBaseline] : [];
}
