/**
 * The baseline learner (design §5): three consecutive agreeing observations, then frozen. A drift never becomes normal by lasting: only three
 * agreeing observations after a deployment's grace replace what was learned, once a deployment. Accepted and committed baselines go before
 * it (`chooseBaseline`) and are never learned over.
 */

/** Observations that must agree. */
export const agreeing = 3;

export interface Learner {
  readonly fingerprint: string;
  /** Consecutive observations with this fingerprint. */
  readonly seen: number;
  /** Set by the observation that completed the three, until a deployment's grace has ended. */
  readonly learned?: true;
  /** End of the grace that was last learned after, ms since the epoch: each deployment permits one learning. */
  readonly learnedAfter?: number;
}

/** The learner before the first observation. */
export const newLearner: Learner = { fingerprint: '', seen: 0 };

/** A marked deployment, as it stands at the time of an observation; both ms since the epoch. */
export interface Deployment {
  readonly graceUntil: number;
  readonly now: number;
}

/**
 * The next state. `learned` appears with the observation that completes the three: the caller takes that snapshot then, and keeps the one it
 * has while `learned` is absent. Observations during a grace count for nothing.
 */
export function learn(learner: Learner, fingerprint: string, deployment?: Deployment): Learner {
  const graceUntil = deployment?.graceUntil ?? Number.NEGATIVE_INFINITY;
  const pending = deployment !== undefined && graceUntil > (learner.learnedAfter ?? Number.NEGATIVE_INFINITY);
  if (learner.learned === true && !pending) return learner;
  if (pending && deployment.now < graceUntil)
    return learner.learned === true ? learner : { ...learner, fingerprint: '', seen: 0 };
  const seen = learner.learned !== true && learner.fingerprint === fingerprint ? learner.seen + 1 : 1;
  const after = pending && seen >= agreeing ? graceUntil : learner.learnedAfter;
  return {
    fingerprint,
    seen,
    ...(seen >= agreeing ? { learned: true } : {}),
    ...(after === undefined ? {} : { learnedAfter: after }),
  };
}
