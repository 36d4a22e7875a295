/**
 * Decides in each step which baseline of this host is in force: accepted, learned or lost. Also makes the
 * findings and journal lines about it.
 */
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

/** The baseline that a target is compared with in a step. */
export interface BaselineInForce {
  readonly baseline: Baseline;
  /** Findings about the baselines themselves. */
  readonly findings: readonly Finding[];
  /** The memory, updated with what this step has learned. */
  readonly learnt: Remembered;
  /** Why no collector counts as successful in this step. */
  readonly whyNone?: string;
}

/**
 * Decides which baseline is in force, and learns. `entries` are those of the observation; `digest` returns
 * hex SHA-256.
 */
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
 * Advances the baseline learner. Only passes in which every collector succeeded count. A learned baseline
 * stays until three observations agree after a deployment's grace.
 */
function learnFrom(
  remembered: Remembered,
  { observation, exemptions, whyNone, lostAccepted }: Observed,
  entries: Entries,
  digest: Emitter['digest'],
): Remembered {
  // The current state may be the drift that the lost baseline would have shown.
  if (lostAccepted !== undefined || remembered.lostLearned !== undefined) return remembered;
  if (whyNone !== undefined || observation.runs.some((run) => !run.success)) return remembered;
  // A baseline learned now would permanently lack the facts that are still pending, or that need a go that
  // answers.
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
 * Detects that the committed baseline disappeared while a drift from it lasts, for example on a branch
 * without the file. Otherwise anyone who can push to that branch could end every drift by deleting the file,
 * and the drifted state would be learned. If nothing differs, the baseline may go: nothing is lost.
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

/** Remembers that the committed baseline was compared with, now or before it was lost. */
function withCompared(
  { comparedWithCommitted: _before, ...rest }: Remembered,
  compared: boolean,
  lost: LostBaseline | undefined,
): Remembered {
  return compared || lost?.kind === 'committed' ? { ...rest, comparedWithCommitted: true } : rest;
}

/** Returns the journal lines about baselines that came into force in this step. */
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
  // A running exporter writes this line. Without one, `baseline accept` writes it itself.
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
 * Merges the observed baselines into the memory. An accepted baseline that is not usable any more stays in
 * force as remembered. A newly accepted one clears a lost learned baseline, and learning starts over.
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

/**
 * Returns the finding that an accepted baseline is in force only from memory, because its file is gone or
 * unusable.
 */
function keptFindings({ lostAccepted, accepted }: Observed, known: Remembered): readonly Finding[] {
  if (lostAccepted === undefined || lostAccepted.unread === true) return [];
  return accepted === undefined && known.accepted !== undefined ? [lostBaseline(lostAccepted)] : [];
}

/**
 * Returns why no collector counts as successful: its result could not be compared with the baseline in force.
 */
function whyNothingCounts(
  seen: Observed,
  lost: LostBaseline | undefined,
  sources: BaselineSources,
): string | undefined {
  if (seen.whyNone !== undefined) return seen.whyNone;
  const committed = readsCommitted(sources.mode) && sources.committed !== undefined;
  return lost === undefined || committed ? undefined : lost.why;
}

/** Returns the finding that a baseline is required and none exists. A lost baseline has its own finding. */
function demanded(
  { requireBaseline }: Observed,
  { kind }: Baseline,
  lost: readonly Finding[],
): readonly Finding[] {
  return requireBaseline === true && kind === 'none' && lost.length === 0 ? [missingBaseline] : [];
}
