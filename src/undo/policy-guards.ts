/**
 * Guards of unattended rollbacks: one row each, pure, and all evaluated, so that a refusal lists every reason
 * (decision 0097). The guards of the files themselves are in guards.ts.
 */
import type { Facet } from '../catalog/facets.ts';
import { nameMatches } from '../drift/name-pattern.ts';
import { compareGoVersions } from '../go/version.ts';
import { type FacetMemory, inQuarantine, type RollbackMemory, waitingAt } from './memory.ts';
import type { Allowed, RollbackPolicy } from './policy.ts';
import { isWithin } from './windows.ts';

/** Input of the guards. Times are in ms since the epoch. */
export interface Situation {
  readonly now: number;
  readonly policy: RollbackPolicy;
  readonly target: string;
  readonly workspace: string;
  readonly facet: Facet;
  readonly memory: RollbackMemory;
  /** Memory of the facet; undefined where there is none. */
  readonly known?: FacetMemory;
  /** The request: its key, and when its alert started firing, where known. */
  readonly key?: string;
  readonly since?: number;
  /** Exemptions that hold for the target or the facet. */
  readonly exempt?: {
    readonly whitelisted: boolean;
    readonly graceUntil?: number;
    readonly waivedUntil?: number;
  };
  /** Why the target cannot be read; undefined where it can. */
  readonly unreadable?: string;
  /**
   * Number of targets and of their open drifts. One drift that reaches several targets through the same file
   * of the user counts once.
   */
  readonly fleet: { readonly targets: number; readonly drifts: number };
  /** Go version that the plan restores; undefined where it restores none, or before a plan exists. */
  readonly go?: string;
}

interface Guard {
  /** Whether the guard also applies to a person, who sees the plan and confirms it. */
  readonly ofPeople: boolean;
  /** Returns the reason for a refusal, without a full stop; undefined where the guard passes. */
  readonly why: (situation: Situation) => string | undefined;
}

/**
 * Upper bound for the duration of a rollback, in ms. A rollback whose outcome was never journalled (someone
 * deleted what recovery needs) must not block others for ever.
 */
const longestRunMs = 3_600_000;

const time = (ms: number) => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** Reports whether a list allows a facet of a target. No list allows all. */
export function isAllowed(allow: readonly Allowed[] | undefined, target: string, facet: Facet): boolean {
  if (allow === undefined) return true;
  return allow.some(
    ({ target: name, pattern, facets }) =>
      facets.includes(facet) &&
      (name === target || (pattern !== undefined && nameMatches([pattern], target))),
  );
}

/**
 * Reports whether so many targets drift at once that the baseline is the more likely culprit (guard
 * `breaker`).
 */
export function isBroken(
  { breaker }: Pick<RollbackPolicy, 'breaker'>,
  { targets, drifts }: Situation['fleet'],
): boolean {
  return drifts >= breaker.atLeast && drifts > breaker.share * targets;
}

/**
 * Returns the age of a moment in ms. A moment in the future was recorded before the clock was set back: it
 * counts as now, and from the next journal line on as the time of that line (remember.ts).
 */
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
      isAllowed(policy.allow, target, facet)
        ? undefined
        : `rollback.allow does not name facet ${facet} of target ${target}`,
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
        ? `it was rolled back at ${time(last)}, which is in the future because the clock was set back: it counts as now`
        : `it was rolled back at ${time(last)} and may be rolled back again at ${time(last + cooldownMs)}`;
    },
  },
  attempts: {
    ofPeople: false,
    why: ({ policy: { attempts }, known, now }) => {
      const recent = (known?.begun ?? []).filter((at) => agoMs(at, now) < attempts.withinMs);
      return recent.length < attempts.max
        ? undefined
        : `${recent.length} rollbacks since ${time(recent[0] ?? now)} are as many as allowed (rollback.attempts)`;
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
        ? `${fleet.drifts} drifts at ${fleet.targets} targets at once point to a wrong baseline (rollback.breaker)`
        : undefined,
  },
  floor: {
    ofPeople: true,
    why: ({ policy: { minimumGo }, go }) =>
      minimumGo === undefined || go === undefined || compareGoVersions(go, minimumGo) >= 0
        ? undefined
        : `it would restore go${go}, and rollback.minimum_go is ${minimumGo}`,
  },
  deployment: {
    ofPeople: false,
    why: ({ exempt, now }) =>
      exempt?.graceUntil === undefined || exempt.graceUntil <= now
        ? undefined
        : `the grace of a deployment lasts until ${time(exempt.graceUntil)}`,
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
      exempt?.whitelisted === true ? `${target} is whitelisted: its drifts are expected` : undefined,
  },
  quarantine: {
    ofPeople: false,
    why: ({ policy: { quarantineMs }, known, now, target, facet }) =>
      known?.quarantine === undefined || !inQuarantine(known, now, quarantineMs)
        ? undefined
        : `it drifts after rollback ${known.quarantine.id}, which ended at ${time(known.quarantine.since)}: find out why (godrift events), then godrift rollback release --target ${target} --facet ${facet}`,
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
      const what = trial === undefined ? `rollback ${id}` : `try ${id}`;
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
        : `${facet} was changed again at ${time(known.drift.changed)}, after the alert began: a rollback would lose that change`,
  },
  approvals: {
    ofPeople: false,
    why: ({ policy: { mode }, memory, now }) =>
      mode === 'approve' && waitingAt(memory, now).length >= mostWaiting
        ? `${mostWaiting} plans wait for an approval already`
        : undefined,
  },
} as const satisfies Readonly<Record<string, Guard>>;

/** Most plans that wait for an approval. More could not be reviewed. */
export const mostWaiting = 100;

export type GuardName = keyof typeof guardTable;

/**
 * Returns every reason against a rollback as `guard: reason`; empty where all guards pass. `byPerson`:
 * evaluate only the guards that apply to people; `only`: evaluate only these guards.
 */
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
