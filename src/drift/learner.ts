/**
 * The baseline learner (design §5): it learns from three consecutive agreeing observations, then freezes. A
 * drift never becomes normal by lasting: a learned baseline is replaced only by three agreeing observations
 * after a deployment's grace, once per deployment. Accepted and committed baselines take precedence
 * (`chooseBaseline`) and are never overwritten by learning.
 */

/** Number of consecutive observations that must agree. */
export const agreeing = 3;

/**
 * Minimum time between observations that count, ms. Observations of the same moment agree even while a file
 * is being written.
 */
export const apartMs = 1_000;

export interface Learner {
  readonly fingerprint: string;
  /** Number of consecutive observations with this fingerprint. */
  readonly seen: number;
  /** Time of the last observation that counted, ms since the epoch; absent after a start. */
  readonly at?: number;
  /**
   * Set by the observation that completes the three; stays set until the grace of a later deployment has
   * ended.
   */
  readonly learned?: true;
  /**
   * End of the grace that was last learned after, ms since the epoch. Each deployment permits one learning.
   */
  readonly learnedAfter?: number;
}

/** State of the learner before the first observation. */
export const newLearner: Learner = { fingerprint: '', seen: 0 };

/** Returns a learner without observations that still remembers after which deployment it last learned. */
const begun = ({ learnedAfter }: Learner): Learner => ({
  ...newLearner,
  ...(learnedAfter === undefined ? {} : { learnedAfter }),
});

/** A marked deployment, as seen at the time of an observation; both in ms since the epoch. */
export interface Deployment {
  readonly graceUntil: number;
  readonly now: number;
}

/**
 * Returns the learner's next state. `learned` is set by the observation that completes the three: the caller
 * then stores that observation's snapshot as the baseline. While `learned` is absent, the caller keeps the
 * baseline it has. Observations during a grace do not count. `time` is the time of the observation, ms since
 * the epoch.
 */
export function learn(learner: Learner, fingerprint: string, time: number, deployment?: Deployment): Learner {
  const graceUntil = deployment?.graceUntil ?? Number.NEGATIVE_INFINITY;
  const pending = deployment !== undefined && graceUntil > (learner.learnedAfter ?? Number.NEGATIVE_INFINITY);
  if (learner.learned === true && !pending) return learner;
  if (pending && deployment.now < graceUntil) return learner.learned === true ? learner : begun(learner);
  const agrees = learner.learned !== true && learner.fingerprint === fingerprint;
  // If the clock was set back, the observation counts.
  const since = learner.at === undefined ? apartMs : time - learner.at;
  if (agrees && since >= 0 && since < apartMs) return learner;
  const seen = agrees ? learner.seen + 1 : 1;
  const after = pending && seen >= agreeing ? graceUntil : learner.learnedAfter;
  return {
    fingerprint,
    seen,
    at: time,
    ...(seen >= agreeing ? { learned: true } : {}),
    ...(after === undefined ? {} : { learnedAfter: after }),
  };
}

/**
 * Returns when the target must be observed again for the learner, ms since the epoch: an observation at `time`
 * followed the last one that counted so closely that it did not count itself. Without another one, a target
 * whose files do not change would stay without a baseline until its next whole look. Undefined if nothing is due.
 */
export function nextObservation({ learned, at }: Learner, time: number): number | undefined {
  if (learned === true || at === undefined) return undefined;
  return time >= at && time - at < apartMs ? at + apartMs : undefined;
}
