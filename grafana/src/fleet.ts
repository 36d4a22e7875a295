/** All targets: who drifts, since when, and which versions there are. */
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { type Board, ofManyTargets } from './board.ts';
import { toRunbook, toTarget, toTrace, uids } from './links.ts';
import {
  anyIsOrange,
  bars,
  blue,
  type Column,
  figure,
  heat,
  levelWords,
  lines,
  list,
  plain,
  ranking,
  stacked,
  standsOut,
  timeline,
} from './panels.ts';
import {
  inPool,
  instant,
  perFacet,
  perTarget,
  range,
  rows,
  scraped,
  selected,
  selectedFacet,
  withPool,
  worstLevel,
} from './queries.ts';

const drifts = inPool(`godrift_drift_level{${selectedFacet}} > 0`);
/** A figure of each facet that drifts. */
const ofDrifts = (expr: string) => `(${expr}) and on (${perFacet}) (${drifts})`;
const releases = withPool(`max by (${perTarget}, version) (godrift_toolchain_info{${selected}})`);

const who: readonly Column[] = [
  { field: 'job', name: 'job', hidden: true },
  { field: 'target', name: 'target', links: [toTarget] },
  { field: 'instance', name: 'instance' },
];

const now = [
  figure(
    {
      title: 'Targets',
      answers: 'How many Go environments are observed?',
      unit: 'short',
      empty: 'no exporter is scraped',
      size: [3, 4],
      queries: [instant(`count(${inPool(`godrift_target_info{${selected}}`)})`)],
    },
    plain,
  ),
  figure(
    {
      title: 'Drifted targets',
      answers: 'How many targets differ from their baseline by a minor version or more?',
      unit: 'short',
      empty: 'no baseline yet',
      size: [3, 4],
      queries: [instant(`sum(${inPool(`${worstLevel} >= bool 2`)})`)],
    },
    anyIsOrange,
  ),
  figure(
    {
      title: 'Targets in conflict',
      answers: 'In how many targets do settings contradict each other, or predict a failing build?',
      unit: 'short',
      empty: 'no exporter is scraped',
      size: [3, 4],
      queries: [
        instant(
          `sum(${inPool(`sum by (${perTarget}) (godrift_conflicts{${selected},level=~"minor|major"}) > bool 0`)})`,
        ),
      ],
    },
    anyIsOrange,
  ),
  figure(
    {
      title: 'Longest drift',
      answers: 'For how long has the oldest drift lasted?',
      unit: 's',
      empty: 'nothing drifts',
      size: [4, 4],
      queries: [
        instant(`time() - min(${inPool(`godrift_drift_since_timestamp_seconds{${selectedFacet}}`)})`),
      ],
    },
    plain,
  ),
  figure(
    {
      title: 'Go versions',
      answers: 'How many different Go versions would builds use?',
      unit: 'short',
      empty: 'no go answers anywhere',
      size: [3, 4],
      queries: [instant(`count(count by (version) (${inPool(`godrift_toolchain_info{${selected}}`)}))`)],
    },
    plain,
  ),
  figure(
    {
      title: 'Oldest look',
      answers:
        'How old is the oldest observation? More than a few intervals means that an exporter is stuck.',
      unit: 's',
      empty: 'nothing was collected',
      size: [4, 4],
      queries: [
        instant(
          `time() - min(${inPool(`max by (${perTarget}) (godrift_collector_last_success_timestamp_seconds{${selected}})`)})`,
        ),
      ],
    },
    plain,
  ),
  figure(
    {
      title: 'Alerts firing',
      answers: 'How many alerts of the shipped Prometheus rules are firing?',
      unit: 'short',
      empty: 'none',
      size: [4, 4],
      queries: [instant(`sum(ALERTS{alertname=~"Godrift.*",alertstate="firing",job=~"$job"})`)],
    },
    anyIsOrange,
  ),
];

const drifting = [
  list(
    {
      title: 'Who drifts, since when',
      answers:
        'Which targets differ from their baseline, in which facet, how far and for how long? The worst hundred; the trace shows the onset.',
      unit: 'none',
      empty: 'nothing drifts',
      size: [24, 9],
      queries: [
        rows(`topk(100, ${drifts})`),
        rows(ofDrifts(`godrift_drift_since_timestamp_seconds{${selectedFacet}} * 1000`)),
        rows(ofDrifts(`godrift_drift_semantic_distance{${selectedFacet}}`)),
        rows(ofDrifts(`godrift_drift_change_ratio{${selectedFacet}}`)),
        rows(ofDrifts(`godrift_drift_trace_info{${selectedFacet}}`)),
        rows(ofDrifts(`godrift_drift_cause{${selectedFacet}} == 1`)),
      ],
    },
    [
      ...who,
      { field: 'facet', name: 'facet' },
      { field: 'Value #A', name: 'level', mappings: [levelWords] },
      { field: 'Value #B', name: 'since', unit: 'dateTimeFromNow' },
      { field: 'Value #C', name: 'distance', unit: 'none', decimals: 2 },
      { field: 'Value #D', name: 'changed', unit: 'percentunit', decimals: 0 },
      { field: 'cause', name: 'cause' },
      { field: 'trace_id', name: 'trace', links: toTrace },
    ],
    'level',
  ),
  list(
    {
      title: 'What changed',
      answers: 'From what to what, on which target? At most ten entries of a target, the heaviest ones.',
      unit: 'none',
      empty: 'nothing drifts',
      size: [24, 8],
      queries: [rows(inPool(`godrift_drift_entry_info{${selectedFacet}}`))],
    },
    [
      ...who,
      { field: 'facet', name: 'facet' },
      { field: 'key', name: 'entry' },
      { field: 'expected', name: 'baseline' },
      { field: 'actual', name: 'now', thresholds: standsOut },
    ],
  ),
];

const overTime = [
  heat({
    title: 'Share of targets that drift, by facet',
    answers: 'Which facet drifted when, and in how much of the fleet?',
    unit: 'percentunit',
    empty: 'no baseline yet',
    size: [12, 8],
    queries: [
      range(`avg by (facet) (${inPool(`godrift_drift_level{${selectedFacet}} >= bool 2`)})`, {
        legend: '{{facet}}',
      }),
    ],
  })
    .min(0)
    .max(1)
    .colorScheme(new dashboard.FieldColorBuilder().mode(dashboard.FieldColorModeId.ContinuousGrYlRd)),
  lines({
    title: 'Drifted targets, by pool',
    answers: 'Did one pool drift, or all of them, and when?',
    unit: 'short',
    empty: 'no baseline yet',
    size: [12, 8],
    queries: [range(`sum by (pool) (${withPool(`${worstLevel} >= bool 2`)})`, { legend: 'pool {{pool}}' })],
  }).decimals(0),
  timeline({
    title: 'The twenty worst targets',
    answers: 'Which targets drifted most within this time, when did each begin and end?',
    unit: 'none',
    empty: 'no baseline yet',
    size: [12, 10],
    // The same twenty over the whole range: topk alone chooses anew at every step.
    queries: [
      range(
        `(${worstLevel}) and topk(20, max by (${perTarget}) (max_over_time(godrift_drift_level{${selectedFacet}}[$__range] @ end())) and on (${perTarget}) godrift_target_info{${selected},pool=~"$pool"})`,
        { legend: '{{target}} {{instance}}' },
      ),
    ],
  }).mappings([levelWords]),
  bars({
    title: 'Changes of snapshots, by facet',
    answers: 'How much moves in the fleet, drift or not?',
    unit: 'short',
    empty: 'nothing was counted',
    size: [12, 10],
    queries: [
      range(`sum by (facet) (increase(godrift_changes_total{${selectedFacet}}[$__rate_interval]))`, {
        legend: '{{facet}}',
      }),
    ],
  }).decimals(0),
];

const versions = [
  ranking({
    title: 'Targets by Go version',
    answers: 'Which Go versions would builds use, and how many targets use each?',
    unit: 'short',
    empty: 'no go answers anywhere',
    size: [6, 9],
    queries: [
      instant(`sort_desc(count by (version) (${inPool(`godrift_toolchain_info{${selected}}`)}))`, {
        legend: 'go{{version}}',
      }),
    ],
  }),
  stacked({
    title: 'Targets by Go version, over time',
    answers: 'How far is a rollout of a Go version?',
    unit: 'short',
    empty: 'no go answers anywhere',
    size: [10, 9],
    queries: [
      range(`count by (version) (${inPool(`godrift_toolchain_info{${selected}}`)})`, {
        legend: 'go{{version}}',
      }),
    ],
  }).decimals(0),
  ranking({
    title: 'Different environments, by facet',
    answers:
      'How many different snapshots of each portable facet are there? One means that all targets are alike.',
    unit: 'short',
    empty: 'nothing was collected',
    size: [8, 9],
    queries: [
      instant(
        `count by (facet) (count_values by (facet) ("fingerprint", ${inPool(`godrift_facet_fingerprint{${selectedFacet},facet=~"toolchain|env|modules|tools"}`)}))`,
        { legend: '{{facet}}' },
      ),
    ],
  }),
  list(
    {
      title: 'Skew inside pools',
      answers: 'In which pools do targets use different Go versions, and which one do most of them use?',
      unit: 'short',
      empty: 'no target belongs to a pool',
      size: [10, 9],
      queries: [
        rows(`count by (pool) (${releases})`),
        rows(`count by (pool) (count by (pool, version) (${releases}))`),
        rows(`topk by (pool) (1, count by (pool, version) (${releases}))`),
      ],
    },
    [
      { field: 'pool', name: 'pool' },
      { field: 'Value #A', name: 'targets' },
      {
        field: 'Value #B',
        name: 'versions',
        thresholds: blue,
      },
      { field: 'version', name: 'most use' },
      { field: 'Value #C', name: 'how many' },
    ],
    'versions',
  ),
  list(
    {
      title: 'Odd ones out',
      answers: 'Which targets use another Go version than most of their pool? With a tie, one side is named.',
      unit: 'none',
      empty: 'no target stands out',
      size: [14, 9],
      queries: [
        rows(
          `(${releases}) unless on (pool, version) topk by (pool) (1, count by (pool, version) (${releases}))`,
        ),
      ],
    },
    [...who, { field: 'pool', name: 'pool' }, { field: 'version', name: 'Go version' }],
  ),
  list(
    {
      title: 'Versions',
      answers: 'Which go would build each target, for which platform, and why that one?',
      unit: 'none',
      empty: 'no go answers anywhere',
      size: [24, 9],
      queries: [rows(withPool(`godrift_toolchain_info{${selected}}`))],
    },
    [
      ...who,
      { field: 'pool', name: 'pool' },
      { field: 'version', name: 'Go version' },
      { field: 'goos', name: 'GOOS' },
      { field: 'goarch', name: 'GOARCH' },
      { field: 'origin', name: 'decided by' },
    ],
  ),
];

const alerts = [
  list(
    {
      title: 'Alerts firing',
      answers: 'Which alerts of the shipped rules fire now, and where is the runbook?',
      unit: 'none',
      empty: 'no alert is firing',
      size: [14, 8],
      queries: [rows(`ALERTS{alertname=~"Godrift.*",alertstate="firing",job=~"$job"}`)],
    },
    [
      { field: 'alertname', name: 'alert', links: [toRunbook] },
      { field: 'severity', name: 'severity' },
      ...who,
      { field: 'facet', name: 'facet' },
    ],
  ),
  list(
    {
      title: 'Waivers',
      answers: 'Which facets are waived, and until when?',
      unit: 'none',
      empty: 'no waiver is in force',
      size: [10, 8],
      queries: [rows(`godrift_waiver_expiry_timestamp_seconds{${selectedFacet}} * 1000`)],
    },
    [...who, { field: 'facet', name: 'facet' }, { field: 'Value', name: 'expires', unit: 'dateTimeFromNow' }],
  ),
  list(
    {
      title: 'Deployments',
      answers: 'Which targets were deployed last? Their drifts are exempt while the grace lasts.',
      unit: 'none',
      empty: 'no deployment was announced',
      size: [12, 8],
      queries: [
        rows(`topk(50, max by (${perTarget}) (godrift_deployment_timestamp_seconds{${selected}})) * 1000`),
      ],
    },
    [...who, { field: 'Value', name: 'deployed', unit: 'dateTimeFromNow' }],
  ),
  list(
    {
      title: 'Targets that are whitelisted',
      answers: 'Which targets are expected to drift, so that no alert covers them?',
      unit: 'none',
      empty: 'no target is whitelisted',
      size: [12, 8],
      queries: [rows(`godrift_target_whitelisted{${scraped}} == 1`)],
    },
    [...who],
  ),
];

export const fleet: Board = {
  uid: uids.fleet,
  title: 'godrift / fleet',
  description:
    'Go environments of a fleet: which differ from their baseline, since when, and which versions there are.',
  from: 'now-24h',
  ...ofManyTargets,
  rows: [
    { title: 'Now', panels: now },
    { title: 'Who drifts', panels: drifting },
    { title: 'Over time', panels: overTime },
    { title: 'Versions and skew', panels: versions },
    { title: 'Alerts and exemptions', panels: alerts },
  ],
};
