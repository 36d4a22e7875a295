/**
 * Exemptions as data: waivers, marked deployments, allowlisted names. They change no observation and no drift
 * metric. `check` shows a waived finding but does not count it; alert rules subtract the exported times.
 */
import { type Facet, facets } from '../catalog/facets.ts';
import { visible } from '../catalog/visible.ts';
import type { Deployment } from './learner.ts';
import type { Finding } from './model.ts';
import { nameMatches } from './name-pattern.ts';

/**
 * Selects the targets of an exemption, by name or by a pattern over names. `workspace` narrows a name to one
 * directory.
 */
export interface TargetSelector {
  readonly target?: string;
  readonly pattern?: string;
  readonly workspace?: string;
}

/**
 * A named exception with an expiry. A field that is absent matches everything. Times in ms since the epoch.
 */
export interface Waiver extends TargetSelector {
  readonly id: string;
  readonly facet?: Facet;
  readonly rule?: string;
  /** A key, or a key prefix followed by `*`. */
  readonly key?: string;
  readonly reason: string;
  readonly who: string;
  readonly created: number;
  readonly expires: number;
}

/** A marked deployment: until `time` + `graceSeconds` its drift is expected. `time` in ms since the epoch. */
export interface MarkedDeployment extends TargetSelector {
  readonly id: string;
  readonly time: number;
  readonly graceSeconds: number;
  readonly reason: string;
  readonly who: string;
}

/** Longest grace, in seconds (contract §5). */
export const longestGraceSeconds = 3600;

/** The exemptions of one target. */
export interface Exemptions {
  readonly whitelisted: boolean;
  /** Waivers for this target, possibly including expired ones. */
  readonly waivers: readonly Waiver[];
  /** The newest deployment. */
  readonly deployment?: MarkedDeployment;
}

export const noExemptions: Exemptions = { whitelisted: false, waivers: [] };

interface Named {
  readonly name: string;
  readonly workspace: string;
}

function selects({ target, pattern, workspace }: TargetSelector, named: Named): boolean {
  return (
    (target === undefined || target === named.name) &&
    (pattern === undefined || nameMatches([pattern], named.name)) &&
    (workspace === undefined || workspace === named.workspace)
  );
}

/** Returns the exemptions that concern one target. */
export function exemptionsOf(
  recorded: { readonly waivers: readonly Waiver[]; readonly deployments: readonly MarkedDeployment[] },
  whitelist: readonly string[],
  named: Named,
): Exemptions {
  // The last one recorded, whatever its time: an older one may be dated ahead by a wrong clock.
  const deployment = recorded.deployments.findLast((one) => selects(one, named));
  return {
    whitelisted: nameMatches(whitelist, named.name),
    waivers: recorded.waivers.filter((one) => selects(one, named)),
    ...(deployment === undefined ? {} : { deployment }),
  };
}

/** Tolerated clock correction, ms: a clock that was set back by less does not invalidate a waiver. */
const clockSkewMs = 300_000;

/**
 * Reports whether a waiver is in force: created, and not yet expired. Without the check of `created`, a
 * waiver made while the clock was years ahead would last for all those years.
 */
export function isInForce({ created, expires }: Waiver, now: number): boolean {
  return expires > now && created <= now + clockSkewMs;
}

/** Returns the end of a deployment's grace, ms since the epoch. */
export function graceUntil({ time, graceSeconds }: MarkedDeployment): number {
  return time + graceSeconds * 1000;
}

/**
 * Returns a deployment in the form for the baseline learner. A deployment in the future was marked before the
 * clock was set back, and is ignored.
 */
export function deploymentAt(deployment: MarkedDeployment | undefined, now: number): Deployment | undefined {
  return deployment === undefined || deployment.time > now + clockSkewMs
    ? undefined
    : { graceUntil: graceUntil(deployment), now };
}

function covers(waiver: Waiver, { facet, rule, key }: Finding): boolean {
  const keyed =
    waiver.key === undefined ||
    waiver.key === key ||
    (waiver.key.endsWith('*') && key.startsWith(waiver.key.slice(0, -1)));
  return (
    keyed &&
    (waiver.facet === undefined || waiver.facet === facet) &&
    (waiver.rule === undefined || waiver.rule === rule)
  );
}

/** Marks the findings that a waiver covers at that time; of several waivers, the one that expires last. */
export function markWaived(
  findings: readonly Finding[],
  { waivers }: Exemptions,
  now: number,
): readonly Finding[] {
  const active = waivers.filter((one) => isInForce(one, now)).sort((a, b) => b.expires - a.expires);
  if (active.length === 0) return findings;
  return findings.map((finding) => {
    const waiver = active.find((one) => covers(one, finding));
    if (waiver === undefined) return finding;
    const { id, reason, who, expires } = waiver;
    return { ...finding, waived: { id, reason, who, expires: new Date(expires).toISOString() } };
  });
}

/** Returns the text about a waived finding for users: until when, why and by whom. */
export function waivedText({ expires, reason, who }: NonNullable<Finding['waived']>): string {
  return visible(`waived until ${expires.slice(0, 10)}: ${reason} (${who})`);
}

/**
 * Returns until when each facet is waived as a whole, ms since the epoch: by a waiver for the facet, or, if
 * every finding of the facet is waived, until the first of those waivers expires. A waiver for one rule or
 * key never hides a new finding.
 */
export function waivedFacets(
  findings: readonly Finding[],
  { waivers }: Exemptions,
  now: number,
): Readonly<Partial<Record<Facet, number>>> {
  const until: Partial<Record<Facet, number>> = {};
  for (const facet of facets) {
    const whole = waivers
      .filter((one) => one.rule === undefined && one.key === undefined && isInForce(one, now))
      .filter((one) => one.facet === undefined || one.facet === facet)
      .map((one) => one.expires);
    const own = findings.filter((one) => one.facet === facet);
    const each = own.flatMap((one) => (one.waived === undefined ? [] : [Date.parse(one.waived.expires)]));
    const ends = [...whole, ...(own.length > 0 && each.length === own.length ? [Math.min(...each)] : [])];
    if (ends.length > 0) until[facet] = Math.max(...ends);
  }
  return until;
}
