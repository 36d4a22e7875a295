/** Build caches: whether a build can trust them, how large they are. */
import { annotations, type Board, variables } from './board.ts';
import { toRule, toTarget, uids } from './links.ts';
import { anyIsRed, type Column, figure, levelWords, lines, list, plain, timeline } from './panels.ts';
import { inPool, instant, perTarget, range, rows, selected } from './queries.ts';

const who: readonly Column[] = [
  { field: 'job', name: 'job', hidden: true },
  { field: 'target', name: 'target', links: [toTarget] },
  { field: 'instance', name: 'instance' },
];

const cacheOf = (name: string) => inPool(`godrift_cache_${name}{${selected}}`);

const count = (title: string, answers: string, metric: string) =>
  figure(
    {
      title,
      answers,
      unit: 'short',
      empty: 'no cache was audited yet',
      size: [4, 4],
      queries: [instant(`sum(${cacheOf(metric)})`)],
    },
    anyIsRed,
  );

const trust = [
  count(
    'Corrupt outputs',
    'How many cached outputs do not have the content that their name promises? go build uses them silently.',
    'corrupt_outputs',
  ),
  count(
    'Rebound actions',
    'How many actions lead to another output than was recorded for them? Builds do not do that.',
    'rebound_actions',
  ),
  count(
    'Foreign entries',
    'How many entries belong to another user, so that builds cannot replace them?',
    'foreign_owned_entries',
  ),
  figure(
    {
      title: 'Least verified',
      answers:
        'Which part of the least verified cache was read and found good since the last full pass began?',
      unit: 'percentunit',
      empty: 'no cache was audited yet',
      size: [4, 4],
      queries: [instant(`min(${cacheOf('verified_ratio')})`)],
    },
    plain,
  ),
  figure(
    {
      title: 'Oldest full audit',
      answers: 'How long ago was the least recently audited cache read as a whole?',
      unit: 's',
      empty: 'no cache was read as a whole',
      size: [4, 4],
      queries: [instant(`time() - min(${cacheOf('last_full_verification_timestamp_seconds')})`)],
    },
    plain,
  ),
  figure(
    {
      title: 'Size of all caches',
      answers: 'How much do the build caches hold?',
      unit: 'bytes',
      empty: 'no cache was read',
      size: [4, 4],
      queries: [instant(`sum(${cacheOf('bytes')})`)],
    },
    plain,
  ),
  list(
    {
      title: 'Caches that cannot be trusted',
      answers: 'Which caches hold what a build should not use?',
      unit: 'short',
      empty: 'every audited cache is clean',
      size: [12, 9],
      queries: [
        rows(`topk(100, ${cacheOf('corrupt_outputs')} > 0)`),
        rows(`topk(100, ${cacheOf('rebound_actions')} > 0)`),
        rows(`topk(100, ${cacheOf('foreign_owned_entries')} > 0)`),
        rows(`topk(100, ${cacheOf('unreadable_outputs')} > 0)`),
      ],
    },
    [
      ...who,
      { field: 'Value #A', name: 'corrupt' },
      { field: 'Value #B', name: 'rebound' },
      { field: 'Value #C', name: 'foreign' },
      { field: 'Value #D', name: 'unreadable' },
    ],
  ),
  list(
    {
      title: 'Conflicts of caches',
      answers: 'Which rules about caches hold, and where?',
      unit: 'none',
      empty: 'no conflict holds',
      size: [12, 9],
      queries: [rows(inPool(`godrift_conflict_info{${selected},rule=~"cache-.+|modcache-.+"}`))],
    },
    [...who, { field: 'level', name: 'level' }, { field: 'rule', name: 'rule', links: [toRule] }],
  ),
];

const largest = (metric: string) =>
  `(godrift_cache_${metric}{${selected}}) and topk(20, max by (${perTarget}) (max_over_time(godrift_cache_${metric}{${selected}}[$__range] @ end())) and on (${perTarget}) godrift_target_info{${selected},pool=~"$pool"})`;

const overTime = [
  lines({
    title: 'The twenty largest caches',
    answers: 'Which caches grow, and which were trimmed?',
    unit: 'bytes',
    empty: 'no cache was read',
    size: [12, 9],
    queries: [range(largest('bytes'), { legend: '{{target}} {{instance}}' })],
  }),
  lines({
    title: 'Entries, by kind',
    answers: 'How many entries do the caches hold, and of what kind?',
    unit: 'short',
    empty: 'no cache was read',
    size: [12, 9],
    queries: [range(`sum by (kind) (${cacheOf('entries')})`, { legend: '{{kind}}' })],
  }).decimals(0),
  lines({
    title: 'Bad entries, over time',
    answers: 'When did corruption come, and when was it repaired?',
    unit: 'short',
    empty: 'no cache was audited yet',
    size: [12, 9],
    queries: [
      range(`sum(${cacheOf('corrupt_outputs')})`, { legend: 'corrupt outputs' }),
      range(`sum(${cacheOf('rebound_actions')})`, { legend: 'rebound actions' }),
      range(`sum(${cacheOf('foreign_owned_entries')})`, { legend: 'foreign entries' }),
      range(`sum(${cacheOf('unreadable_outputs')})`, { legend: 'unreadable outputs' }),
    ],
  }).decimals(0),
  timeline({
    title: 'Drift of the facet cache',
    answers: 'Which caches moved or changed their nature, and when? The twenty worst.',
    unit: 'none',
    empty: 'no baseline of a cache yet',
    size: [12, 9],
    queries: [
      range(
        `godrift_drift_level{${selected},facet="cache"} and topk(20, max_over_time(godrift_drift_level{${selected},facet="cache"}[$__range] @ end()))`,
        { legend: '{{target}} {{instance}}' },
      ),
    ],
  }).mappings([levelWords]),
  lines({
    title: 'Verified part, the twenty least',
    answers: 'Does the audit keep up?',
    unit: 'percentunit',
    empty: 'no cache was audited yet',
    size: [12, 9],
    queries: [
      range(
        `godrift_cache_verified_ratio{${selected}} and bottomk(20, min_over_time(godrift_cache_verified_ratio{${selected}}[$__range] @ end()))`,
        { legend: '{{target}} {{instance}}' },
      ),
    ],
  }).max(1),
  list(
    {
      title: 'Audits',
      answers: 'When was each cache last read as a whole, and how large is it?',
      unit: 'none',
      empty: 'no cache was read',
      size: [12, 9],
      queries: [
        rows(`max by (${perTarget}) (${cacheOf('bytes')})`),
        rows(`max by (${perTarget}) (${cacheOf('verified_ratio')})`),
        rows(`max by (${perTarget}) (${cacheOf('last_full_verification_timestamp_seconds')}) * 1000`),
      ],
    },
    [
      ...who,
      { field: 'Value #A', name: 'size', unit: 'bytes' },
      { field: 'Value #B', name: 'verified', unit: 'percentunit' },
      { field: 'Value #C', name: 'last full audit', unit: 'dateTimeFromNow' },
    ],
  ),
  list(
    {
      title: 'What took entries away',
      answers: 'Which caches lost entries, when last, and was it a trim, a clean, a swap or something else?',
      unit: 'dateTimeFromNow',
      empty: 'no cache lost entries',
      size: [12, 9],
      queries: [
        rows(`topk(100, max by (${perTarget}, cause) (${cacheOf('last_loss_timestamp_seconds')})) * 1000`),
      ],
    },
    [...who, { field: 'cause', name: 'cause' }, { field: 'Value', name: 'last', unit: 'dateTimeFromNow' }],
  ),
];

export const cache: Board = {
  uid: uids.cache,
  title: 'godrift / cache',
  description:
    'Build caches: whether builds can trust what lies in them, how large they are, when they were audited.',
  from: 'now-24h',
  variables: [variables.datasource, variables.job, variables.instance, variables.pool, variables.targets],
  annotations: [annotations.deployments],
  rows: [
    { title: 'Can builds trust them?', panels: trust },
    { title: 'Over time', panels: overTime },
  ],
};
