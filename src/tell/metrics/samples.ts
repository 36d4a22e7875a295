/**
 * Converts states to samples: the current series of a target. Pure. Names, types and labels come from the
 * catalogue only. Unknown values are left out; closed label sets are exported as 0 from the start.
 */
import { levelNumber, levels } from '../../catalog/facets.ts';
import type { MetricRow } from '../../catalog/metric-row.ts';
import { causes } from '../../catalog/metrics.ts';
import { fingerprintNumber } from '../../drift/fingerprint.ts';
import type { FacetState, TargetState } from '../../drift/state.ts';
import { cacheFamilies } from './cache.ts';
import {
  type FamilyOf,
  type FamilySamples,
  family,
  known,
  labelValue,
  type Point,
  type Sample,
  seconds,
} from './family.ts';
import { moduleFamilies } from './modules.ts';
import { rollbackFamilies } from './rollbacks.ts';
import { toolFamilies } from './tools.ts';

export { type FamilySamples, labelLimit, labelValue, type Sample } from './family.ts';

/** Most series of one target (design §6). */
export const seriesLimit = 215;

/**
 * Families whose label values come from outside. They are shortened when a target has too many series; the
 * others are closed sets whose total is below the limit.
 */
const openFamilies: ReadonlySet<string> = new Set([
  'env_info',
  'env_required_missing',
  'conflict_info',
  'toolchain_expected_info',
  'toolchain_deviation',
  'drift_entry_info',
  'drift_cause',
  'tool_info',
  'tool_behind',
]);

/** Shortens the longest open family repeatedly until the target is within the limit. */
function withinLimit(families: readonly FamilySamples[]): readonly FamilySamples[] {
  let excess = families.reduce((sum, one) => sum + one.samples.length, -seriesLimit);
  if (excess <= 0) return families;
  const keep = new Map(families.map((one) => [one.row.name, one.samples.length]));
  for (; excess > 0; excess--) {
    const longest = families
      .filter(({ row }) => openFamilies.has(row.name))
      .reduce((a, b) => ((keep.get(b.row.name) ?? 0) > (keep.get(a.row.name) ?? 0) ? b : a));
    keep.set(longest.row.name, (keep.get(longest.row.name) ?? 1) - 1);
  }
  return families.map(({ row, samples }) => {
    const room = keep.get(row.name) ?? 0;
    return { row, samples: samples.length <= room ? samples : shorten(row, samples, room) };
  });
}

/** Keeps the most important samples: conflicts by level, others by the magnitude of their value. */
function shorten(row: MetricRow, samples: readonly Sample[], room: number): readonly Sample[] {
  const worth = ({ labels, value }: Sample) =>
    row.name === 'conflict_info'
      ? levels.indexOf(labels['level'] as (typeof levels)[number])
      : Math.abs(value);
  return [...samples].sort((a, b) => worth(b) - worth(a)).slice(0, room);
}

const changeLevels = ['patch', 'minor', 'major'] as const;

/**
 * Returns the series of one target, at most {@link seriesLimit}. The values of a failed collector are left
 * out; the fact that it failed, and the time of its last success, stay.
 */
export function targetFamilies(state: TargetState): readonly FamilySamples[] {
  const target = labelValue(state.target);
  const failed = new Set(
    state.collectors.filter((one) => !one.success && one.unjudged === undefined).map((one) => one.collector),
  );
  const of = (name: string, points: readonly Point[]) => family(name, target, points);
  const families = [
    of('target_info', [
      {
        labels: { workspace: state.workspace, pool: state.pool, environment_source: state.environmentSource },
        value: 1,
      },
    ]),
    of('target_readable', [{ labels: { reason: state.readable.reason }, value: state.readable.ok ? 1 : 0 }]),
    ...collectorFamilies(state, of),
    ...(failed.has('toolchain') ? [] : toolchainFamilies(state, of)),
    ...(failed.has('env') ? [] : environmentFamilies(state, of)),
    ...(state.modules === undefined || failed.has('modules') ? [] : moduleFamilies(state.modules, of)),
    ...(state.cache === undefined || failed.has('cache') ? [] : cacheFamilies(state.cache, of)),
    ...(state.tools === undefined || failed.has('tools') ? [] : toolFamilies(state.tools, of)),
    ...facetFamilies(
      Object.values(state.facets).filter((facet) => !failed.has(facet.facet)),
      of,
    ),
    ...(state.uncounted === true ? [] : counterFamilies(state, of)),
    of('baseline_info', [{ labels: { kind: state.baseline.kind, source: state.baseline.source }, value: 1 }]),
    of(
      'baseline_timestamp_seconds',
      known(state.baseline.time).map(({ value }) => ({ value: seconds(value) })),
    ),
    ...exemptionFamilies(state, of),
    ...(state.rollbacks === undefined ? [] : rollbackFamilies(state.rollbacks, of)),
    ...conflictFamilies(state, failed, of),
  ];
  return withinLimit(families.filter((one) => one.samples.length > 0));
}

function collectorFamilies({ collectors }: TargetState, of: FamilyOf): readonly FamilySamples[] {
  return [
    of(
      'collector_success',
      collectors.map(({ collector, success }) => ({ labels: { collector }, value: success ? 1 : 0 })),
    ),
    of(
      'collector_duration_seconds',
      collectors.map(({ collector, durationSeconds }) => ({ labels: { collector }, value: durationSeconds })),
    ),
    of(
      'collector_last_success_timestamp_seconds',
      collectors.flatMap(({ collector, lastSuccess }) =>
        lastSuccess === undefined ? [] : [{ labels: { collector }, value: seconds(lastSuccess) }],
      ),
    ),
  ];
}

function toolchainFamilies({ toolchain, pins }: TargetState, of: FamilyOf): readonly FamilySamples[] {
  const effective: Point[] = [];
  const pending: Point[] = [];
  if (toolchain !== undefined) {
    const { version, goos, goarch, origin, downloadPending } = toolchain;
    effective.push({ labels: { version, goos, goarch, origin }, value: 1 });
    if (downloadPending !== undefined) pending.push({ labels: { version: downloadPending }, value: 1 });
  }
  return [
    of('toolchain_info', effective),
    of(
      'toolchain_expected_info',
      pins.map(({ version, source, kind }) => ({ labels: { version, source, kind }, value: 1 })),
    ),
    of(
      'toolchain_deviation',
      pins.flatMap(({ source, deviation }) =>
        deviation.map(({ part, value }) => ({ labels: { source, part }, value })),
      ),
    ),
    of('toolchain_download_pending', pending),
  ];
}

function environmentFamilies(
  { environment, required, disagreements }: TargetState,
  of: FamilyOf,
): readonly FamilySamples[] {
  return [
    of(
      'env_info',
      environment.map(({ name, value, origin }) => ({ labels: { name, value, origin }, value: 1 })),
    ),
    of(
      'env_required_missing',
      required.map(({ name, missing }) => ({ labels: { name }, value: missing ? 1 : 0 })),
    ),
    of('env_disagreements', known(disagreements)),
  ];
}

function facetFamilies(states: readonly FacetState[], of: FamilyOf): readonly FamilySamples[] {
  // Without a baseline there are no drift series: a 0 would claim agreement.
  const drifts = states.flatMap(({ facet, drift }) => (drift === undefined ? [] : [{ facet, drift }]));
  const changes = drifts.flatMap(({ drift }) => drift.changes);
  return [
    of(
      'facet_fingerprint',
      states.map(({ facet, fingerprint }) => ({ labels: { facet }, value: fingerprintNumber(fingerprint) })),
    ),
    of(
      'facet_entries',
      states.map(({ facet, entries }) => ({ labels: { facet }, value: entries })),
    ),
    of(
      'drift_level',
      drifts.map(({ facet, drift }) => ({ labels: { facet }, value: levelNumber(drift.level) })),
    ),
    of(
      'drift_entries',
      drifts.flatMap(({ facet, drift }) =>
        (['added', 'removed', 'changed'] as const).map((change) => ({
          labels: { facet, change },
          value: drift[change],
        })),
      ),
    ),
    of(
      'drift_change_ratio',
      drifts.map(({ facet, drift }) => ({ labels: { facet }, value: drift.changeRatio })),
    ),
    of(
      'drift_semantic_distance',
      drifts.map(({ facet, drift }) => ({ labels: { facet }, value: drift.semanticDistance })),
    ),
    of(
      'drift_since_timestamp_seconds',
      drifts.flatMap(({ facet, drift }) =>
        drift.since === undefined ? [] : [{ labels: { facet }, value: seconds(drift.since) }],
      ),
    ),
    of(
      'drift_cause',
      drifts.flatMap(({ facet, drift }) =>
        causes.map((cause) => ({ labels: { facet, cause }, value: drift.cause === cause ? 1 : 0 })),
      ),
    ),
    of(
      'drift_entry_info',
      [...changes]
        .sort((a, b) => b.weight - a.weight)
        .map(({ facet, key, expected = '', actual = '', weight }) => ({
          labels: { facet, key, expected, actual },
          value: 1,
          worth: weight,
        })),
    ),
    of(
      'drift_trace_info',
      drifts.flatMap(({ facet, drift }) =>
        drift.traceId === undefined ? [] : [{ labels: { facet, trace_id: drift.traceId }, value: 1 }],
      ),
    ),
  ];
}

/** Counters are history, not an observation: they stay while a collector fails. */
function counterFamilies({ facets, counters }: TargetState, of: FamilyOf): readonly FamilySamples[] {
  const counted = new Set([...Object.keys(facets), ...Object.keys(counters.changes)]);
  return [
    of(
      'changes_total',
      [...counted].flatMap((facet) =>
        changeLevels.map((level) => ({
          labels: { facet, level },
          value: counters.changes[facet]?.[level] ?? 0,
        })),
      ),
    ),
    of(
      'last_change_timestamp_seconds',
      Object.entries(counters.lastChange).map(([facet, ms]) => ({ labels: { facet }, value: seconds(ms) })),
    ),
  ];
}

/** Exemptions are decisions of people, not an observation: they stay while a collector fails. */
function exemptionFamilies({ exemptions }: TargetState, of: FamilyOf): readonly FamilySamples[] {
  if (exemptions === undefined) return [];
  const { whitelisted, deployment, waivedUntil } = exemptions;
  return [
    of('target_whitelisted', [{ value: whitelisted ? 1 : 0 }]),
    of('deployment_timestamp_seconds', deployment === undefined ? [] : known(seconds(deployment.time))),
    of('deployment_grace_seconds', known(deployment?.graceSeconds)),
    of(
      'waiver_expiry_timestamp_seconds',
      Object.entries(waivedUntil).map(([facet, ms]) => ({ labels: { facet }, value: seconds(ms) })),
    ),
  ];
}

function conflictFamilies(
  { findings }: TargetState,
  failed: ReadonlySet<string>,
  of: FamilyOf,
): readonly FamilySamples[] {
  const conflicts = findings.filter(({ kind }) => kind === 'conflict');
  // Rules that could not be evaluated would count as 0, and no count is better than a wrong one.
  const complete = !failed.has('toolchain') && !failed.has('env');
  return [
    of(
      'conflicts',
      complete
        ? changeLevels.map((level) => ({
            labels: { level },
            value: conflicts.filter((one) => one.level === level).length,
          }))
        : [],
    ),
    of(
      'conflict_info',
      conflicts
        .filter(({ facet }) => !failed.has(facet))
        .map(({ rule, level }) => ({ labels: { rule, level }, value: 1, worth: levelNumber(level) })),
    ),
  ];
}

/** Returns the series that a probe adds to those of its target. */
export function probeFamilies(state: TargetState): readonly FamilySamples[] {
  return [family('probe_success', undefined, [{ value: state.readable.ok ? 1 : 0 }])];
}
