/**
 * Builds the input of the policy guards from observed states and from what is remembered of earlier
 * rollbacks.
 */
import type { Facet } from '../../catalog/facets.ts';
import type { TargetState } from '../../drift/state.ts';
import type { TargetName } from '../../store/peek.ts';
import { peekMemory } from '../../undo/keep-memory.ts';
import { facetMemory, type RollbackMemory } from '../../undo/memory.ts';
import type { RollbackPolicy } from '../../undo/policy.ts';
import { askGuards, type Situation } from '../../undo/policy-guards.ts';
import type { Rules } from './perform.ts';
import type { Prepared } from './prepare.ts';
import type { RollbackRequest } from './request.ts';

/** Returns the facets of a target that drift now. */
const drifted = ({ facets }: TargetState) =>
  Object.values(facets).filter(({ drift }) => drift !== undefined && drift.level !== 'none');

/**
 * Counts targets and open drifts for the circuit breaker. A user's variables are set in one file for all of
 * the user's targets: where the same variables differ in the same way and nothing else does, that counts as
 * one drift (decision 0097).
 */
export function fleetOf(states: readonly TargetState[]): Situation['fleet'] {
  const drifts = new Set<string>();
  for (const state of states) {
    const [first, ...more] = drifted(state);
    if (first === undefined) continue;
    const changes = first.drift?.changes.map(({ key, expected, actual }) => [key, expected, actual]);
    const isShared = first.facet === 'env' && more.length === 0;
    drifts.add(isShared ? JSON.stringify(changes) : `target ${state.target}`);
  }
  return { targets: states.length, drifts: drifts.size };
}

function exemptOf({ exemptions }: TargetState, facet: Facet): NonNullable<Situation['exempt']> {
  const { whitelisted = false, deployment, waivedUntil = {} } = exemptions ?? {};
  const waived = waivedUntil[facet];
  return {
    whitelisted,
    ...(deployment === undefined ? {} : { graceUntil: deployment.time + deployment.graceSeconds * 1000 }),
    ...(waived === undefined ? {} : { waivedUntil: waived }),
  };
}

/** What the situation of a rollback is built from. */
export interface Circumstances {
  readonly now: number;
  readonly policy: RollbackPolicy;
  readonly memory: RollbackMemory;
  readonly states: readonly TargetState[];
  readonly target: TargetName;
  readonly facet: Facet;
  readonly key?: string;
  readonly since?: number;
}

/** Builds the situation of a plan, or of a request for which no plan was made. */
export function situationOf(
  { now, policy, memory, states, target, facet, key, since }: Circumstances,
  prepared?: Pick<Prepared, 'go'>,
): Situation {
  const { name, workspace } = target;
  const known = facetMemory(memory, { target: name, workspace }, facet);
  const state = states.find((one) => one.target === name);
  return {
    now,
    policy,
    target: name,
    workspace,
    facet,
    memory,
    ...(known === undefined ? {} : { known }),
    ...(key === undefined ? {} : { key }),
    ...(since === undefined ? {} : { since }),
    ...(state === undefined ? {} : { exempt: exemptOf(state, facet) }),
    ...(state === undefined || state.readable.ok
      ? {}
      : { unreadable: `the target cannot be read: ${state.readable.reason}` }),
    fleet: fleetOf(states),
    ...(prepared?.go === undefined ? {} : { go: prepared.go }),
  };
}

/**
 * Returns the rules for a rollback that a person requests and whose plan that person sees. Of the policy
 * guards only `floor` (the minimum Go version) and `single-flight` (no other rollback is under way) apply.
 */
export function rulesOfPeople(
  circumstances: Circumstances,
  { confirmWithinMs }: { readonly confirmWithinMs?: number },
): Rules {
  return {
    guard: (prepared) => askGuards(situationOf(circumstances, prepared), { byPerson: true }),
    ...(confirmWithinMs === undefined ? {} : { confirmWithinMs }),
  };
}

/**
 * Returns the rules for a rollback that this process performs for a person. Throws AppError if the history of
 * earlier rollbacks cannot be read.
 */
export async function rulesAt(
  now: number,
  { target, facet, stateDirectory }: RollbackRequest,
  policy: RollbackPolicy,
): Promise<Rules> {
  const memory = await peekMemory(stateDirectory);
  return rulesOfPeople({ now, policy, memory, states: [], target, facet }, target);
}
