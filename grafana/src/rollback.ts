/** What was rolled back, who requested it and how it ended, what was refused, and what waits for a person. */
import { type Board, ofManyTargets } from './board.ts';
import { toTarget, toTrace, uids } from './links.ts';
import { anyIsOrange, anyIsRed, bars, figure, lines, list, plain, timeline, yesNo } from './panels.ts';
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
} from './queries.ts';

/** How many ended so; they are counted from the journal, as far back as that is remembered. */
const ended = (results: string) =>
  `sum(${inPool(`godrift_rollbacks_total{${selectedFacet},result=~"${results}"}`)})`;
/** The same, of each facet of a target. */
const endedBy = (results: string) =>
  `sum by (${perFacet}) (${inPool(`godrift_rollbacks_total{${selectedFacet},result=~"${results}"}`)})`;

const now = [
  figure(
    {
      title: 'Put back',
      answers: 'How many rollbacks were done and verified, as far back as is remembered?',
      unit: 'short',
      empty: 'none',
      size: [4, 4],
      queries: [instant(ended('applied'))],
    },
    plain,
  ).decimals(0),
  figure(
    {
      title: 'Begun and not done',
      answers: 'How many were begun and then undone, or could be neither completed nor undone?',
      unit: 'short',
      empty: 'none',
      size: [4, 4],
      queries: [instant(ended('undone|failed'))],
    },
    anyIsRed,
  ).decimals(0),
  figure(
    {
      title: 'Refused',
      answers: 'How many did a guard or a person refuse? Their reasons are in the journal and in the trace.',
      unit: 'short',
      empty: 'none',
      size: [4, 4],
      queries: [instant(ended('refused'))],
    },
    plain,
  ).decimals(0),
  figure(
    {
      title: 'Waiting for approval',
      answers: 'How many plans wait for an approval?',
      unit: 'short',
      empty: 'unknown',
      size: [4, 4],
      queries: [instant(`sum(${inPool(`godrift_rollback_pending_approvals{${selected}}`)})`)],
    },
    anyIsOrange,
  ),
  figure(
    {
      title: 'Waiting to be confirmed',
      answers: 'How many rollbacks will be reverted unless a person confirms them?',
      unit: 'short',
      empty: 'none',
      size: [4, 4],
      queries: [
        instant(`count(${inPool(`godrift_rollback_confirm_by_timestamp_seconds{${selectedFacet}}`)})`),
      ],
    },
    anyIsOrange,
  ),
  figure(
    {
      title: 'In quarantine',
      answers: 'How many facets are in quarantine, so that no alert can have them rolled back again?',
      unit: 'short',
      empty: 'unknown',
      size: [4, 4],
      queries: [instant(`sum(${inPool(`godrift_rollback_quarantined{${selectedFacet}}`)})`)],
    },
    anyIsOrange,
  ),
];

const audit = [
  list(
    {
      title: 'By target and facet',
      answers:
        'How did the rollbacks of each end, when did the last one begin and end, and what is its trace?',
      unit: 'none',
      empty: 'nothing is known of rollbacks',
      size: [24, 9],
      queries: [
        rows(endedBy('applied')),
        rows(endedBy('undone|failed')),
        rows(endedBy('refused')),
        rows(endedBy('dry_run')),
        rows(inPool(`godrift_rollback_last_start_timestamp_seconds{${selectedFacet}} * 1000`)),
        rows(inPool(`godrift_rollback_last_timestamp_seconds{${selectedFacet}} * 1000`)),
        rows(inPool(`godrift_rollback_quarantined{${selectedFacet}}`)),
        rows(inPool(`godrift_rollback_confirm_by_timestamp_seconds{${selectedFacet}} * 1000`)),
      ],
    },
    [
      { field: 'job', name: 'job', hidden: true },
      { field: 'target', name: 'target', links: [toTarget] },
      { field: 'instance', name: 'instance' },
      { field: 'facet', name: 'facet' },
      { field: 'Value #A', name: 'put back', decimals: 0 },
      { field: 'Value #B', name: 'begun and not done', decimals: 0 },
      { field: 'Value #C', name: 'refused', decimals: 0 },
      { field: 'Value #D', name: 'dry runs', decimals: 0 },
      { field: 'Value #E', name: 'last began', unit: 'dateTimeAsIso' },
      { field: 'Value #F', name: 'last ended', unit: 'dateTimeAsIso' },
      { field: 'Value #G', name: 'quarantined', mappings: [yesNo('yes', 'no', 'no')] },
      { field: 'Value #H', name: 'confirm by', unit: 'dateTimeFromNow' },
    ],
    'last ended',
  ),
  list(
    {
      title: 'Traces',
      answers: 'Which trace shows the newest drift of each facet and the rollbacks that answered it?',
      unit: 'none',
      empty: 'nothing drifted',
      size: [24, 7],
      queries: [rows(inPool(`godrift_drift_trace_info{${selectedFacet}}`))],
    },
    [
      { field: 'job', name: 'job', hidden: true },
      { field: 'instance', name: 'instance', hidden: true },
      { field: 'target', name: 'target', links: [toTarget] },
      { field: 'facet', name: 'facet' },
      { field: 'trace_id', name: 'trace', links: toTrace },
    ],
  ),
];

const history = [
  bars({
    title: 'Rollbacks over time',
    answers: 'When was a rollback requested, and how did it end?',
    unit: 'short',
    empty: 'none was requested',
    size: [12, 8],
    queries: [
      range(
        // Summed before it is joined with its pool: a target has a series for each facet and result.
        `sum by (result) (${inPool(`sum by (${perTarget}, result) (increase(godrift_rollbacks_total{${selectedFacet}}[$__rate_interval]))`)})`,
        { legend: '{{result}}' },
      ),
    ],
  }).decimals(0),
  lines({
    title: 'Duration of rollbacks',
    answers: 'How long does a rollback take, verification included?',
    unit: 's',
    empty: 'none was made',
    size: [12, 8],
    queries: [
      range(
        `histogram_quantile(0.95, sum by (result, le) (increase(godrift_rollback_duration_seconds_bucket{${scraped}}[$__rate_interval])))`,
        { legend: '{{result}}, 95 of 100' },
      ),
    ],
  }),
  timeline({
    title: 'Quarantine',
    answers: 'Which facets were left alone after a rollback, and for how long?',
    unit: 'none',
    empty: 'unknown',
    size: [24, 7],
    queries: [
      range(inPool(`godrift_rollback_quarantined{${selectedFacet}}`), { legend: '{{target}}: {{facet}}' }),
    ],
  }).mappings([yesNo('left alone', 'free', 'no')]),
];

const asked = [
  bars({
    title: 'Alerts that ask for rollbacks',
    answers: 'What did alerts request from the exporters, and how was it answered?',
    unit: 'short',
    empty: 'no alert arrived',
    size: [8, 8],
    queries: [
      range(
        `sum by (source, result) (increase(godrift_alerts_received_total{${scraped}}[$__rate_interval]))`,
        { legend: '{{source}}: {{result}}' },
      ),
    ],
  }).decimals(0),
  bars({
    title: 'Requests that the admin listener refused',
    answers: 'Does anyone call without a token, or does an alert manager send messages that are refused?',
    unit: 'short',
    empty: 'no admin listener is configured',
    size: [8, 8],
    queries: [
      range(
        `sum by (reason) (increase(godrift_admin_refused_requests_total{${scraped}}[$__rate_interval]))`,
        { legend: '{{reason}}' },
      ),
    ],
  }).decimals(0),
  lines({
    title: 'What holds rollbacks up',
    answers: 'Is the breaker open, or are rollbacks paused?',
    unit: 'short',
    empty: 'none is scraped',
    size: [8, 8],
    queries: [
      range(`sum(godrift_rollback_breaker_open{${scraped}})`, { legend: 'breaker open' }),
      range(`sum(godrift_rollback_paused{${scraped}})`, { legend: 'paused' }),
    ],
  }).decimals(0),
];

export const rollback: Board = {
  uid: uids.rollback,
  title: 'godrift / rollbacks',
  description:
    'What was rolled back, refused and undone, when and how it ended, and what waits for a person.',
  from: 'now-7d',
  ...ofManyTargets,
  rows: [
    { title: 'Now', panels: now },
    { title: 'Audit', panels: audit },
    { title: 'Over time', panels: history },
    { title: 'Who asked', panels: asked },
  ],
};
