/**
 * The baseline learner (design §5): three consecutive agreeing observations, then frozen. A drift never becomes normal by lasting: only three
 * agreeing observations after a deployment's grace replace what was learned, once a deployment. Accepted and committed baselines go before
 * it (`chooseBaseline`) and are never learned over.
 */

/** Observations that must agree. */
export const agreeing = 3;

/** What counts lies this far apart, ms: looks of one moment agree with each other, whatever is just being written. */
export const apartMs = 1_000;

export interface Learner {
  readonly fingerprint: string;
  /** Consecutive observations with this fingerprint. */
  readonly seen: number;
  /** When the last one that counted was made, ms since the epoch; absent after a start. */
  readonly at?: number;
  /** Set by the observation that completed the three, until a deployment's grace has ended. */
  readonly learned?: true;
  /** End of the grace that was last learned after, ms since the epoch: each deployment permits one learning. */
  readonly learnedAfter?: number;
}

/** The learner before the first observation. */
export const newLearner: Learner = { fingerprint: '', seen: 0 };

/** The learner as if nothing had been observed since the deployment that was last learned after. */
const begun = ({ learnedAfter }: Learner): Learner => ({
  ...newLearner,
  ...(learnedAfter === undefined ? {} : { learnedAfter }),
});

/** A marked deployment, as it stands at the time of an observation; both ms since the epoch. */
export interface Deployment {
  readonly graceUntil: number;
  readonly now: number;
}

/**
 * The next state. `learned` appears with the observation that completes the three: the caller takes that snapshot then, and keeps the one it
 * has while `learned` is absent. Observations during a grace count for nothing. `time` is that of the observation, ms since the epoch.
 */
export function learn(learner: Learner, fingerprint: string, time: number, deployment?: Deployment): Learner {
  const graceUntil = deployment?.graceUntil ?? Number.NEGATIVE_INFINITY;
  const pending = deployment !== undefined && graceUntil > (learner.learnedAfter ?? Number.NEGATIVE_INFINITY);
  if (learner.learned === true && !pending) return learner;
  if (pending && deployment.now < graceUntil) return learner.learned === true ? learner : begun(learner);
  const agrees = learner.learned !== true && learner.fingerprint === fingerprint;
  // After a clock that was set back it counts.
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
