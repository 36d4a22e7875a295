/**
 * When a rollback may be done that nobody stands beside: one row a guard, pure, all asked at once, so that a refusal gives all its reasons (decision 0097).
 * What must hold of the files themselves is asked by guards.ts.
 */
import type { Facet } from '../catalog/facets.ts';
import { nameMatches } from '../drift/name-pattern.ts';
import { compareGoVersions } from '../go/version.ts';
import { type FacetMemory, inQuarantine, type RollbackMemory, waitingAt } from './memory.ts';
import type { Allowed, RollbackPolicy } from './policy.ts';
import { isWithin } from './windows.ts';

/** All that a guard may look at; times in ms since the epoch. */
export interface Situation {
  readonly now: number;
  readonly policy: RollbackPolicy;
  readonly target: string;
  readonly workspace: string;
  readonly facet: Facet;
  readonly memory: RollbackMemory;
  /** What is remembered of the facet; undefined where nothing is. */
  readonly known?: FacetMemory;
  /** The ask: its name, and when the alert began, where that is known. */
  readonly key?: string;
  readonly since?: number;
  /** What somebody exempted here. */
  readonly exempt?: {
    readonly whitelisted: boolean;
    readonly graceUntil?: number;
    readonly waivedUntil?: number;
  };
  /** Why the target cannot be read; undefined where it can. */
  readonly unreadable?: string;
  /** Targets, and the drifts that are open at them; the same drift through one file of the user counts once. */
  readonly fleet: { readonly targets: number; readonly drifts: number };
  /** The Go that the plan brings back; undefined where it brings none, or no plan was made. */
  readonly go?: string;
}

interface Guard {
  /** Asked of what a person does as well, who sees the plan and says yes. */
  readonly ofPeople: boolean;
  /** Why not, without a full stop; undefined where nothing is against it. */
  readonly why: (situation: Situation) => string | undefined;
}

/** No rollback takes longer, ms: whose end was never told, as after somebody removed what recovery needs, holds nothing up for ever. */
const longestRunMs = 3_600_000;

const time = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** Whether a list allows a facet of a target. */
export function isAllowed(allow: readonly Allowed[] | undefined, target: string, facet: Facet): boolean {
  if (allow === undefined) return true;
  return allow.some(
    ({ target: name, pattern, facets }) =>
      facets.includes(facet) &&
      (name === target || (pattern !== undefined && nameMatches([pattern], target))),
  );
}

/** Whether so many drifts at once are rather a wrong baseline (`breaker`). */
export function isBroken(
  { breaker }: Pick<RollbackPolicy, 'breaker'>,
  { targets, drifts }: Situation['fleet'],
): boolean {
  return drifts >= breaker.atLeast && drifts > breaker.share * targets;
}

/** How long ago something was. What lies ahead was told by a clock that was set back since: it counts as just now, and from the next line of the journal on as when that was written (remember.ts). */
const agoMs = (at: number, now: number) => Math.max(0, now - at);

export const guardTable = {
  mode: {
    ofPeople: false,
    why: ({ policy }) =>
      policy.mode === 'off' ? 'rollback.mode is off: nothing is done unasked' : undefined,
  },
  paused: {
    ofPeople: false,
    why: ({ memory: { paused } }) =>
      paused === undefined
        ? undefined
        : `paused by ${paused.who} at ${time(paused.since)}${paused.reason === undefined ? '' : ` (${paused.reason})`}: godrift rollback resume`,
  },
  'allow-list': {
    ofPeople: false,
    why: ({ policy, target, facet }) =>
      isAllowed(policy.allow, target, facet) ? undefined : `rollback.allow names no ${facet} of ${target}`,
  },
  readable: {
    ofPeople: false,
    why: ({ unreadable }) => unreadable,
  },
  'cool-down': {
    ofPeople: false,
    why: ({ policy: { cooldownMs }, known, now }) => {
      const last = known?.last;
      if (last === undefined || agoMs(last, now) >= cooldownMs) return undefined;
      return last > now
        ? `it was rolled back at ${time(last)}, which lies ahead, for the clock was set back: it counts as just now`
        : `it was rolled back at ${time(last)}, and may be again at ${time(last + cooldownMs)}`;
    },
  },
  attempts: {
    ofPeople: false,
    why: ({ policy: { attempts }, known, now }) => {
      const recent = (known?.begun ?? []).filter((at) => agoMs(at, now) < attempts.withinMs);
      return recent.length < attempts.max
        ? undefined
        : `${recent.length} rollbacks since ${time(recent[0] ?? now)} are as many as may be (rollback.attempts)`;
    },
  },
  window: {
    ofPeople: false,
    why: ({ policy: { windows }, now }) => {
      const denied = windows.deny.find((one) => isWithin(one, now));
      if (denied !== undefined) return `now is within ${denied.text}, which rollback.windows denies`;
      const isFree = windows.allow.length === 0 || windows.allow.some((one) => isWithin(one, now));
      return isFree ? undefined : 'now is in none of the windows that rollback.windows allows';
    },
  },
  breaker: {
    ofPeople: false,
    why: ({ policy, fleet }) =>
      isBroken(policy, fleet)
        ? `${fleet.drifts} drifts at ${fleet.targets} targets at once are rather a wrong baseline (rollback.breaker)`
        : undefined,
  },
  floor: {
    ofPeople: true,
    why: ({ policy: { minimumGo }, go }) =>
      minimumGo === undefined || go === undefined || compareGoVersions(go, minimumGo) >= 0
        ? undefined
        : `it brings go${go} back, and rollback.minimum_go is ${minimumGo}`,
  },
  deployment: {
    ofPeople: false,
    why: ({ exempt, now }) =>
      exempt?.graceUntil === undefined || exempt.graceUntil <= now
        ? undefined
        : `a deployment is in its grace until ${time(exempt.graceUntil)}`,
  },
  waiver: {
    ofPeople: false,
    why: ({ exempt, now, facet }) =>
      exempt?.waivedUntil === undefined || exempt.waivedUntil <= now
        ? undefined
        : `${facet} is waived until ${time(exempt.waivedUntil)}`,
  },
  whitelist: {
    ofPeople: false,
    why: ({ exempt, target }) =>
      exempt?.whitelisted === true ? `${target} is whitelisted: it exists to be broken` : undefined,
  },
  quarantine: {
    ofPeople: false,
    why: ({ policy: { quarantineMs }, known, now, target, facet }) =>
      known?.quarantine === undefined || !inQuarantine(known, now, quarantineMs)
        ? undefined
        : `rollback ${known.quarantine.id} ended at ${time(known.quarantine.since)}, and it drifts: find out why (godrift events), then godrift rollback release --target ${target} --facet ${facet}`,
  },
  returned: {
    ofPeople: false,
    why: ({ policy: { cooldownMs }, known }) =>
      known?.returned === undefined || known.returned >= cooldownMs
        ? undefined
        : `the same drift came back ${Math.round(known.returned / 1000)} s after it was rolled back: something else sets it`,
  },
  'single-flight': {
    ofPeople: true,
    why: ({ memory: { open }, now }) => {
      const one = open.find(({ since }) => Math.abs(now - since) < longestRunMs);
      return one === undefined
        ? undefined
        : `rollback ${one.id} of ${one.target} is under way, or was interrupted: godrift events`;
    },
  },
  unconfirmed: {
    ofPeople: false,
    why: ({ known }) => {
      if (known?.confirm === undefined) return undefined;
      const { id, trial } = known.confirm;
      const what = trial === undefined ? `rollback ${id}` : `what is tried (${id})`;
      return `${what} is not confirmed yet: godrift confirm ${id}`;
    },
  },
  denied: {
    ofPeople: false,
    why: ({ known, key }) =>
      key !== undefined && known?.denied === key ? 'a person denied what this alert asks for' : undefined,
  },
  newer: {
    ofPeople: false,
    why: ({ known, since, facet }) =>
      since === undefined || known?.drift === undefined || known.drift.changed <= since
        ? undefined
        : `${facet} was changed again at ${time(known.drift.changed)}, after the alert began: that would be lost`,
  },
  approvals: {
    ofPeople: false,
    why: ({ policy: { mode }, memory, now }) =>
      mode === 'approve' && waitingAt(memory, now).length >= mostWaiting
        ? `${mostWaiting} plans wait for an approval already`
        : undefined,
  },
} as const satisfies Readonly<Record<string, Guard>>;

/** Most plans that wait for a person; more are no choice any more. */
export const mostWaiting = 100;

export type GuardName = keyof typeof guardTable;

/** Every reason against it, each with the name of its guard; empty where nothing is. `byPerson`: a person asks and sees the plan; `only`: these guards alone are asked. */
export function askGuards(
  situation: Situation,
  { byPerson = false, only }: { readonly byPerson?: boolean; readonly only?: readonly GuardName[] } = {},
): readonly string[] {
  return (Object.entries(guardTable) as readonly (readonly [GuardName, Guard])[]).flatMap(
    ([name, { ofPeople, why }]) => {
      const isAsked = (!byPerson || ofPeople) && (only?.includes(name) ?? true);
      const reason = isAsked ? why(situation) : undefined;
      return reason === undefined ? [] : [`${name}: ${reason}`];
    },
  );
}
