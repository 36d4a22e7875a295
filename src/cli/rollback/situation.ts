/** What the guards of the policy look at, put together from what is observed and what is remembered. */
import type { Facet } from '../../catalog/facets.ts';
import type { TargetState } from '../../drift/state.ts';
import type { TargetName } from '../../store/peek.ts';
import { peekMemory } from '../../undo/keep-memory.ts';
import { ofFacet, type RollbackMemory } from '../../undo/memory.ts';
import type { RollbackPolicy } from '../../undo/policy.ts';
import { askGuards, type Situation } from '../../undo/policy-guards.ts';
import type { Rules } from './perform.ts';
import type { Prepared } from './prepare.ts';
import type { RollbackRequest } from './request.ts';

/** Facets of a target that drift now. */
const drifted = ({ facets }: TargetState) =>
  Object.values(facets).filter(({ drift }) => drift !== undefined && drift.level !== 'none');

/**
 * Targets, and the drifts that are open at them. Variables of the user are set in one file for all his targets: where the same ones differ in the same way,
 * and nothing else does, that is one drift (decision 0097).
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

/** Where and when it is asked. */
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

/** The situation of a plan, or of an ask for which none is made. */
export function situationOf(
  { now, policy, memory, states, target, facet, key, since }: Circumstances,
  prepared?: Pick<Prepared, 'go'>,
): Situation {
  const { name, workspace } = target;
  const known = ofFacet(memory, { target: name, workspace }, facet);
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

/** What holds of a rollback that a person asks for, who sees the plan: the floor, and that no other one is under way. */
export function rulesOfPeople(
  circumstances: Circumstances,
  { confirmWithinMs }: { readonly confirmWithinMs?: number },
): Rules {
  return {
    guard: (prepared) => askGuards(situationOf(circumstances, prepared), { byPerson: true }),
    ...(confirmWithinMs === undefined ? {} : { confirmWithinMs }),
  };
}

/** What holds of a rollback that this process does for a person. Throws AppError where nobody can tell what was rolled back before. */
export async function rulesAt(
  now: number,
  { target, facet, stateDirectory }: RollbackRequest,
  policy: RollbackPolicy,
): Promise<Rules> {
  const memory = await peekMemory(stateDirectory);
  return rulesOfPeople({ now, policy, memory, states: [], target, facet }, target);
}
