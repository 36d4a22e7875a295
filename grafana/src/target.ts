/** One target: what changed from what to what, since when, what contradicts what, and what to do. */
import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { conflictRules } from '../../src/catalog/rules.ts';
import { annotations, type Board, variables } from './board.ts';
import { documentation, toRule, toTrace, uids } from './links.ts';
import {
  anyIsOrange,
  anyIsRed,
  bars,
  type Column,
  figure,
  levelWords,
  lines,
  list,
  plain,
  standsOut,
  timeline,
  word,
  words,
  yesNo,
} from './panels.ts';
import { instant, perFacet, range, rows, selected, selectedFacet } from './queries.ts';

/** Fingerprints are numbers of 48 bits; letters can be told apart. */
const letters = 26;
const palette = ['blue', 'orange', 'purple', 'green', 'red', 'yellow'] as const;
const fingerprintLetters: dashboard.ValueMap = {
  type: dashboard.MappingType.ValueToText,
  options: Object.fromEntries(
    Array.from({ length: letters }, (_, index) => [
      String(index),
      {
        text: String.fromCharCode('A'.charCodeAt(0) + index),
        color: palette[index % palette.length] as string,
        index,
      },
    ]),
  ),
};

/** What each conflict rule means, from the catalogue. */
const meanings: dashboard.ValueMap = {
  type: dashboard.MappingType.ValueToText,
  options: Object.fromEntries(conflictRules.map(({ rule, holds }, index) => [rule, { text: holds, index }])),
};

const levelColumn: Column = {
  field: 'level',
  name: 'level',
  mappings: [
    {
      type: dashboard.MappingType.ValueToText,
      options: {
        patch: { color: 'blue', index: 0 },
        minor: { color: 'orange', index: 1 },
        major: { color: 'red', index: 2 },
      },
    },
  ],
};

const now = [
  figure(
    {
      title: 'Level',
      answers: 'How far is this target from its baseline, in its worst facet?',
      unit: 'none',
      empty: 'no baseline yet',
      size: [4, 4],
      queries: [instant(`max(godrift_drift_level{${selectedFacet}})`)],
    },
    plain,
  ).mappings([levelWords]),
  figure(
    {
      title: 'Drifting for',
      answers: 'How long has the oldest drift of this target lasted?',
      unit: 's',
      empty: 'no drift',
      size: [4, 4],
      queries: [instant(`time() - min(godrift_drift_since_timestamp_seconds{${selectedFacet}})`)],
    },
    plain,
  ),
  figure(
    {
      title: 'Conflicts',
      answers: 'How many settings contradict each other, or predict a failing build (minor and major)?',
      unit: 'short',
      empty: 'not evaluated',
      size: [4, 4],
      queries: [instant(`sum(godrift_conflicts{${selected},level=~"minor|major"})`)],
    },
    anyIsOrange,
  ),
  word({
    title: 'Go version',
    answers: 'Which toolchain would a go command use here, present or still to be downloaded?',
    unit: 'none',
    empty: 'no go answers',
    size: [6, 4],
    queries: [instant(`godrift_toolchain_info{${selected}}`, { legend: '{{version}} {{goos}}/{{goarch}}' })],
  }),
  word({
    title: 'Baseline',
    answers: 'What is the target compared with?',
    unit: 'none',
    empty: 'nothing is known',
    size: [6, 4],
    queries: [instant(`godrift_baseline_info{${selected}}`, { legend: '{{kind}}: {{source}}' })],
  }),
  figure(
    {
      title: 'Baseline taken',
      answers: 'How old is the baseline?',
      unit: 'dateTimeFromNow',
      empty: 'no baseline yet',
      size: [6, 4],
      queries: [instant(`max(godrift_baseline_timestamp_seconds{${selected}}) * 1000`)],
    },
    plain,
  ),
  word({
    title: 'Download pending',
    answers: 'Which toolchain would the next go command here download first?',
    unit: 'none',
    empty: 'none, the toolchain is present',
    size: [6, 4],
    queries: [instant(`godrift_toolchain_download_pending{${selected}}`, { legend: 'go{{version}}' })],
  }),
  figure(
    {
      title: 'Last change',
      answers: 'When did anything in this target last change, drift or not?',
      unit: 'dateTimeFromNow',
      empty: 'nothing changed yet',
      size: [6, 4],
      queries: [instant(`max(godrift_last_change_timestamp_seconds{${selectedFacet}}) * 1000`)],
    },
    plain,
  ),
  figure(
    {
      title: 'Last look',
      answers: 'How old is the last observation?',
      unit: 's',
      empty: 'nothing was collected',
      size: [6, 4],
      queries: [instant(`time() - max(godrift_collector_last_success_timestamp_seconds{${selected}})`)],
    },
    plain,
  ),
];

const since = `(godrift_drift_since_timestamp_seconds{${selectedFacet}} * 1000)`;
const entries = `godrift_drift_entry_info{${selectedFacet}}`;

const changed = [
  list(
    {
      title: 'What changed',
      answers:
        'Which entries differ from the baseline, from what to what, since when, and which trace shows the onset?',
      unit: 'none',
      empty: 'nothing differs from the baseline',
      size: [17, 9],
      queries: [
        rows(
          `${entries} * on (${perFacet}) group_left (trace_id) (godrift_drift_trace_info * on (${perFacet}) group_left () ${since}) or ${entries} * on (${perFacet}) group_left () ${since} unless on (${perFacet}) godrift_drift_trace_info`,
        ),
      ],
    },
    [
      { field: 'facet', name: 'facet' },
      { field: 'key', name: 'entry' },
      { field: 'expected', name: 'baseline' },
      { field: 'actual', name: 'now', thresholds: standsOut },
      { field: 'Value', name: 'since', unit: 'dateTimeFromNow' },
      { field: 'trace_id', name: 'trace', links: toTrace },
    ],
  ),
  words(
    'What to do',
    [
      'On the host of `$instance`, in the workspace:',
      '',
      '```sh',
      'godrift check --target $target',
      'godrift events',
      'godrift baseline accept --target $target --reason "…"',
      '```',
      '',
      'The first shows every finding with its repair, the second when it began, the third makes what is there the baseline.',
      '',
      `[Conflict rules](${documentation}/conflicts.md) · [Runbooks](${documentation}/runbooks)`,
    ].join('\n'),
    [7, 9],
  ),
  timeline({
    title: 'Level, by facet',
    answers: 'When did each facet begin to drift, and when did it heal?',
    unit: 'none',
    empty: 'no baseline yet',
    size: [12, 8],
    queries: [range(`godrift_drift_level{${selectedFacet}}`, { legend: '{{facet}}' })],
  }).mappings([levelWords]),
  timeline({
    title: 'Fingerprint, by facet',
    answers:
      'When did each facet change, and did it come back? The same letter is the same snapshot; one in 26 pairs of different ones shares a letter.',
    unit: 'none',
    empty: 'nothing was collected',
    size: [12, 8],
    queries: [range(`godrift_facet_fingerprint{${selectedFacet}} % ${letters}`, { legend: '{{facet}}' })],
  }).mappings([fingerprintLetters]),
  lines({
    title: 'Semantic distance, by facet',
    answers:
      'How much do the changes weigh together, and when did that grow? 0 is the baseline, 1 another environment.',
    unit: 'none',
    empty: 'no baseline yet',
    size: [12, 8],
    queries: [range(`godrift_drift_semantic_distance{${selectedFacet}}`, { legend: '{{facet}}' })],
  })
    .max(1)
    .decimals(2),
  lines({
    title: 'Change ratio, by facet',
    answers: 'Which part of the entries changed, whatever they weigh?',
    unit: 'percentunit',
    empty: 'no baseline yet',
    size: [12, 8],
    queries: [range(`godrift_drift_change_ratio{${selectedFacet}}`, { legend: '{{facet}}' })],
  }).max(1),
  bars({
    title: 'Entries that differ, by kind',
    answers: 'How many entries were added, removed or changed against the baseline?',
    unit: 'short',
    empty: 'no baseline yet',
    size: [24, 6],
    queries: [range(`sum by (change) (godrift_drift_entries{${selectedFacet}})`, { legend: '{{change}}' })],
  }).decimals(0),
];

const contradictions = [
  list(
    {
      title: 'Conflicts',
      answers:
        'Which settings contradict each other, and what will go do? The command beside prints the repair.',
      unit: 'none',
      empty: 'no conflict holds',
      size: [14, 8],
      queries: [rows(`label_replace(godrift_conflict_info{${selected}}, "meaning", "$1", "rule", "(.+)")`)],
    },
    [
      { ...levelColumn, width: 90 },
      { field: 'rule', name: 'rule', links: [toRule], width: 240 },
      { field: 'meaning', name: 'holds when', mappings: [meanings] },
    ],
  ),
  list(
    {
      title: 'Pins',
      answers:
        'Which versions do the files of the project pin, and how far is the effective one from them? Effective minus pinned; a floor can only be missed downward.',
      unit: 'none',
      empty: 'nothing is pinned',
      size: [10, 8],
      queries: [
        rows(`max by (source, kind, version) (godrift_toolchain_expected_info{${selected}})`),
        rows(`max by (source) (godrift_toolchain_deviation{${selected},part="major"})`),
        rows(`max by (source) (godrift_toolchain_deviation{${selected},part="minor"})`),
        rows(`max by (source) (godrift_toolchain_deviation{${selected},part="patch"})`),
      ],
    },
    [
      { field: 'source', name: 'pinned by' },
      { field: 'kind', name: 'kind' },
      { field: 'version', name: 'version' },
      { field: 'Value #B', name: 'major' },
      { field: 'Value #C', name: 'minor' },
      { field: 'Value #D', name: 'patch' },
    ],
  ),
];

const contents = [
  list(
    {
      title: 'Variables',
      answers: 'Which variables differ from what Go defaults to, and who set them?',
      unit: 'none',
      empty: 'nothing differs from the defaults',
      size: [12, 9],
      queries: [rows(`godrift_env_info{${selected}}`)],
    },
    [
      { field: 'name', name: 'variable' },
      { field: 'value', name: 'value' },
      { field: 'origin', name: 'set by' },
    ],
  ),
  list(
    {
      title: 'Required variables',
      answers: 'Which variables must have a value here, and which are missing?',
      unit: 'none',
      empty: 'no variable is required',
      size: [5, 9],
      queries: [rows(`godrift_env_required_missing{${selected}}`)],
    },
    [
      { field: 'name', name: 'variable' },
      { field: 'Value', name: 'state', mappings: [yesNo('missing', 'set', 'no')] },
    ],
  ),
  list(
    {
      title: 'Tools',
      answers:
        'Which tools does a build here use, in which versions, and which were built with a Go that is too old?',
      unit: 'none',
      empty: 'no tool was found',
      size: [7, 9],
      queries: [rows(`godrift_tool_info{${selected}}`), rows(`godrift_tool_behind{${selected}}`)],
    },
    [
      { field: 'tool', name: 'tool' },
      { field: 'version', name: 'version' },
      { field: 'go_version', name: 'built with' },
      { field: 'Value #B', name: 'Go', mappings: [yesNo('too old', 'ok', 'no')] },
    ],
  ),
  lines({
    title: 'Entries, by facet',
    answers: 'How many entries does each facet have? A step is something that came or went.',
    unit: 'short',
    empty: 'nothing was collected',
    size: [8, 7],
    queries: [range(`godrift_facet_entries{${selectedFacet}}`, { legend: '{{facet}}' })],
  }).decimals(0),
  figure(
    {
      title: 'Modules',
      answers: 'How many modules are in the build list?',
      unit: 'short',
      empty: 'no module list',
      size: [4, 7],
      queries: [instant(`sum(godrift_modules{${selected}})`)],
    },
    plain,
  ),
  figure(
    {
      title: 'Overridden requirements',
      answers: 'How many requirements of go.mod does the build list not follow (minor and major)?',
      unit: 'short',
      empty: 'no module list',
      size: [4, 7],
      queries: [instant(`sum(godrift_module_requirement_overrides{${selected},level=~"minor|major"})`)],
    },
    anyIsOrange,
  ),
  figure(
    {
      title: 'Corrupt cache outputs',
      answers: 'How many outputs of the build cache do not have the content that their name promises?',
      unit: 'short',
      empty: 'the cache was not audited yet',
      size: [4, 7],
      queries: [instant(`sum(godrift_cache_corrupt_outputs{${selected}})`)],
    },
    anyIsRed,
  ),
  figure(
    {
      title: 'Deployed',
      answers: 'When was this target deployed last, and until when are its drifts exempt?',
      unit: 'dateTimeFromNow',
      empty: 'no deployment was announced',
      size: [4, 7],
      queries: [
        instant(`max(godrift_deployment_timestamp_seconds{${selected}}) * 1000`, { legend: 'deployed' }),
        instant(
          `max(godrift_deployment_timestamp_seconds{${selected}} + godrift_deployment_grace_seconds{${selected}}) * 1000`,
          { legend: 'grace ends' },
        ),
      ],
    },
    plain,
  ),
  list(
    {
      title: 'Build list',
      answers: 'How is the build list known, and is it complete?',
      unit: 'none',
      empty: 'no module list',
      size: [8, 7],
      queries: [rows(`godrift_modules_list_info{${selected}}`)],
    },
    [
      { field: 'source', name: 'known from' },
      { field: 'state', name: 'state' },
    ],
  ),
  figure(
    {
      title: 'Go disagrees',
      answers: 'For how many modules did go list answer otherwise than the files said?',
      unit: 'short',
      empty: 'go was not asked',
      size: [4, 7],
      queries: [instant(`sum(godrift_modules_list_disagreements{${selected}})`)],
    },
    anyIsOrange,
  ),
  lines({
    title: 'Extracted modules',
    answers: 'Which modules in the module cache are proved to be what was downloaded, and which are not?',
    unit: 'short',
    empty: 'no module list',
    size: [12, 7],
    queries: [range(`godrift_module_cache_modules{${selected}}`, { legend: '{{state}}' })],
  }).decimals(0),
];

const rollbacks = [
  list(
    {
      title: 'Rollbacks',
      answers:
        'How did the rollbacks of each facet end, when was the last, and can an alert request the next?',
      unit: 'none',
      empty: 'nothing is known of rollbacks',
      size: [12, 7],
      queries: [
        rows(`sum by (${perFacet}) (godrift_rollbacks_total{${selectedFacet},result="applied"})`),
        rows(
          `sum by (${perFacet}) (godrift_rollbacks_total{${selectedFacet},result=~"refused|undone|failed"})`,
        ),
        rows(`godrift_rollback_last_timestamp_seconds{${selectedFacet}} * 1000`),
        rows(`godrift_rollback_quarantined{${selectedFacet}}`),
        rows(`godrift_rollback_confirm_by_timestamp_seconds{${selectedFacet}} * 1000`),
      ],
    },
    [
      { field: 'facet', name: 'facet' },
      { field: 'Value #A', name: 'applied' },
      { field: 'Value #B', name: 'not done' },
      { field: 'Value #C', name: 'last', unit: 'dateTimeFromNow' },
      { field: 'Value #D', name: 'quarantined', mappings: [yesNo('yes', 'no', 'no')] },
      { field: 'Value #E', name: 'confirm by', unit: 'dateTimeFromNow' },
    ],
  ),
  bars({
    title: 'Rollbacks over time',
    answers: 'When was a rollback requested, and how did it end?',
    unit: 'short',
    empty: 'none was requested',
    size: [8, 7],
    queries: [
      range(`sum by (result) (increase(godrift_rollbacks_total{${selectedFacet}}[$__rate_interval]))`, {
        legend: '{{result}}',
      }),
    ],
  }),
  figure(
    {
      title: 'Waiting for approval',
      answers: 'Does a rollback wait for an approval?',
      unit: 'none',
      empty: 'unknown',
      size: [4, 7],
      queries: [instant(`sum(godrift_rollback_pending_approvals{${selected}})`)],
    },
    anyIsOrange,
  ),
];

const reading = [
  list(
    {
      title: 'Collectors',
      answers: 'Could every facet be read, how long did that take, and when did it last succeed?',
      unit: 'none',
      empty: 'nothing was collected',
      size: [12, 7],
      queries: [
        rows(`godrift_collector_success{${selected}}`),
        rows(`godrift_collector_duration_seconds{${selected}}`),
        rows(`godrift_collector_last_success_timestamp_seconds{${selected}} * 1000`),
      ],
    },
    [
      { field: 'collector', name: 'collector' },
      { field: 'Value #A', name: 'state', mappings: [yesNo('read', 'failed', 'yes')] },
      { field: 'Value #B', name: 'took', unit: 's' },
      { field: 'Value #C', name: 'last success', unit: 'dateTimeFromNow' },
    ],
  ),
  list(
    {
      title: 'Where it is looked',
      answers: 'Which workspace and whose environment is this, and could that environment be read?',
      unit: 'none',
      empty: 'no such target',
      size: [12, 7],
      queries: [rows(`godrift_target_info{${selected}}`), rows(`godrift_target_readable{${selected}}`)],
    },
    [
      { field: 'workspace', name: 'workspace' },
      { field: 'pool', name: 'pool' },
      { field: 'environment_source', name: 'environment' },
      { field: 'Value #B', name: 'readable', mappings: [yesNo('yes', 'no', 'yes')] },
      { field: 'reason', name: 'reason' },
    ],
  ),
];

export const target: Board = {
  uid: uids.target,
  title: 'godrift / target',
  description:
    'One Go environment: what changed from what to what, since when, what contradicts what, and what to do.',
  from: 'now-24h',
  variables: [
    variables.datasource,
    variables.jaeger,
    variables.jaegerPages,
    variables.job,
    variables.oneInstance,
    variables.oneTarget,
    variables.facet,
  ],
  annotations: [
    annotations.deployments,
    annotations.changes,
    annotations.rollbacksBegun,
    annotations.rollbacksEnded,
  ],
  rows: [
    { title: 'Now', panels: now },
    { title: 'What changed', panels: changed },
    { title: 'Conflicts and pins', panels: contradictions },
    { title: 'What is in it', panels: contents },
    { title: 'Rollback', panels: rollbacks },
    { title: 'How it was read', panels: reading },
  ],
};
