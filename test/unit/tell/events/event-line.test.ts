/** Events as lines of the event log and as sentences: the shape of contract §4, for every type, and for damaged lines. */
import { describe, expect, it } from 'vitest';
import { type JournalEvent, project } from '../../../../src/drift/events.ts';
import { severities } from '../../../../src/drift/severity.ts';
import type { JournalLine } from '../../../../src/store/journal.ts';
import { encodeLine, genesis } from '../../../../src/store/journal-line.ts';
import { eventLine } from '../../../../src/tell/events/event-line.ts';
import { summaryOf } from '../../../../src/tell/events/summary.ts';
import { driftRecord, noon, probableWriter, resolvedRecord } from '../states.ts';

/** A journal line with the event. */
function lineOf(event: JournalEvent): JournalLine {
  const { bytes, head } = encodeLine(event, { ...genesis, seq: 6 }, noon);
  const record = JSON.parse(bytes.toString('utf8'));
  return { ...head, type: event.type, time: record.time, prev: record.prev, record };
}

const told = (event: JournalEvent) => {
  const line = lineOf(event);
  return eventLine(line, line.record as never as JournalEvent);
};

const common = { target: 'api', workspace: '/src/api' };
const cache = { facets: ['cache'], operation: 'cache-repair', directory: '/c' } as const;
const rollback = {
  ...common,
  operation: 'rollback',
  id: '0123456789abcdef',
  facets: ['env'],
  who: 'ann',
  mode: 'manual',
  trigger: 'cli',
} as const;
const alert = { ...common, source: 'grafana', facets: ['env'] } as const;
const traced = {
  start: noon,
  end: noon,
  resource: {},
  version: '1',
  trace_id: '1'.repeat(32),
  span_id: '2'.repeat(16),
} as const;
const every: readonly (readonly [JournalEvent, string, string])[] = [
  [
    driftRecord,
    'warning',
    'api: toolchain, env drifted (minor): toolchain.version 1.26.8 → 1.27.4; env.GOFLAGS (none) → -trimpath',
  ],
  [
    { ...driftRecord, changes: [], writers: [probableWriter] },
    'warning',
    'api: toolchain, env drifted (minor); /src/api/env likely written by ed, pid 7 (it has the file open for writing)',
  ],
  [resolvedRecord, 'warning', 'api: toolchain agrees with the baseline again, after 12 s (minor)'],
  [
    { ...resolvedRecord, severity: 'critical', why: 'nobody looks' },
    'critical',
    'api: the drift of toolchain ends after 12 s (minor): nobody looks',
  ],
  [
    {
      type: 'baseline',
      ...common,
      kind: 'accepted',
      fingerprint: 'sha256:1',
      taken: noon,
      who: 'ann',
      why: 'go 1.27',
    },
    'info',
    'api: baseline accepted by ann: go 1.27',
  ],
  [
    { type: 'baseline', ...common, kind: 'learned', fingerprint: 'sha256:1', taken: noon },
    'info',
    'api: baseline learned',
  ],
  [
    { type: 'target', ...common, change: 'vanished', facets: ['env'] },
    'info',
    'api: gone from /src/api, while env drifts',
  ],
  [
    { type: 'target', ...common, change: 'appeared', others: { count: 149, names: ['b', 'c'] } },
    'info',
    'api: found in /src/api, and 149 more (b, c …)',
  ],
  [
    {
      type: 'deployment',
      id: '1',
      who: 'ann',
      target: 'api',
      reason: 'rollout',
      grace_seconds: 900,
      at: noon,
    },
    'info',
    'api: deployment marked by ann for 15 min: rollout',
  ],
  [
    {
      type: 'waiver',
      action: 'add',
      id: '1',
      who: 'ann',
      pattern: '^lab-',
      reason: 'lab',
      expires: '2026-12-31T00:00:00Z',
    },
    'info',
    'targets like ^lab-: waiver 1 made by ann until 2026-12-31T00:00:00Z: lab',
  ],
  [{ type: 'waiver', action: 'remove', id: '1', who: 'ann' }, 'info', 'waiver 1 ended by ann'],
  [
    { type: 'intent', ...cache, steps: 1, files: ['a'], why: 'cache repair: 1 files of /c' },
    'info',
    'cache repair: 1 files of /c',
  ],
  [
    { type: 'outcome', ...cache, result: 'applied', done: 1, needless: 0, failed: 0, why: 'done' },
    'info',
    'done',
  ],
  [
    { type: 'outcome', ...cache, result: 'failed', done: 0, needless: 0, failed: 1, why: '1 failed' },
    'critical',
    '1 failed',
  ],
  [
    { type: 'undo', line: 3, undone: 'waiver', why: 'the disk is full' },
    'warning',
    'line 3 (waiver) was taken back: the disk is full',
  ],
  [
    { type: 'gap', reason: 'torn-line', segment: 's', bytes: 9, digest: 'd' },
    'info',
    'the record was interrupted: 9 bytes of a line that was never acknowledged were cut',
  ],
  [
    { type: 'gap', reason: 'not-written', appends: 2, why: 'the disk is full' },
    'warning',
    '2 records lost: the disk is full',
  ],
  [
    { type: 'gap', reason: 'unreadable-line', segment: 's', lines: 2 },
    'error',
    '2 lines at the end of s cannot be read',
  ],
  [
    { type: 'gap', reason: 'changed-outside', found_seq: 3, last_seq: 5 },
    'error',
    'the journal was changed outside of godrift: it ended at line 3, although line 5 was written',
  ],
  [
    {
      type: 'alert',
      ...alert,
      action: 'ask',
      alertname: 'GodriftRollback',
      keys: ['0123456789abcdef@7'],
      reason: 'env drifted',
    },
    'info',
    'api: grafana asks for a rollback of env because GodriftRollback fires: env drifted',
  ],
  ...(['accepted', 'refused'] as const).map((decision): readonly [JournalEvent, string, string] => [
    { type: 'alert', ...alert, action: 'answer', key: '0123456789abcdef@7', decision, why: 'the guards' },
    decision === 'refused' ? 'warning' : 'info',
    `api: the rollback of env that grafana asked for was ${decision}: the guards`,
  ]),
  [
    { type: 'refusal', ...rollback, ...traced, refusals: ['too soon', 'paused'] },
    'warning',
    'api: rollback of env asked for by ann was refused: too soon; paused',
  ],
  [
    {
      type: 'intent',
      ...rollback,
      plan: 'd',
      replaced: 'e',
      steps: 1,
      files: ['/e'],
      why: 'rollback of env: /e',
    },
    'info',
    'api: rollback of env: /e, asked for by ann',
  ],
  ...(['applied', 'undone', 'failed'] as const).map((result): readonly [JournalEvent, string, string] => [
    { type: 'outcome', ...rollback, ...traced, result, parts: [], why: result },
    result === 'applied' ? 'info' : result === 'undone' ? 'warning' : 'critical',
    `api: ${result}`,
  ]),
];

describe('a line of the event log', () => {
  it.each(every)('of every kind of event: %#', (event, severity, summary) => {
    const line = told(event);
    expect(Object.keys(line)).toEqual([
      'alert_id',
      'severity',
      'source',
      'summary',
      'ts',
      'context',
      'trace_id',
      'span_id',
    ]);
    expect(line).toMatchObject({ severity, summary, source: 'godrift', ts: noon });
    expect(line.alert_id).toMatch(/^[0-9a-f]{32}$/);
    expect(line.context).toMatchObject({
      type: event.type,
      journal: { sequence: 7, hash: lineOf(event).hash },
    });
    for (const own of ['seq', 'prev', 'time']) expect(line.context).not.toHaveProperty(own);
    expect(severities).toContain(line.severity);
  });

  it('holds what the contract promises of a drift, and its ids', () => {
    expect(told(driftRecord)).toMatchObject({
      alert_id: driftRecord.event_id,
      trace_id: driftRecord.trace_id,
      span_id: driftRecord.span_id,
      context: {
        target: 'api',
        facet: 'toolchain',
        level: 'minor',
        old_fingerprint: driftRecord.fingerprint_old,
        new_fingerprint: driftRecord.fingerprint_new,
        changes: [
          { key: 'toolchain.version', old: '1.26.8', new: '1.27.4' },
          { key: 'env.GOFLAGS', new: '-trimpath' },
        ],
      },
    });
    expect(told(resolvedRecord).alert_id).toBe(driftRecord.event_id);
    expect(told({ type: 'waiver', action: 'remove', id: '1', who: 'ann' })).toMatchObject({
      trace_id: '',
      span_id: '',
    });
  });

  it('is critical when a build would succeed with a wrong result, and not when that is over', () => {
    const of = (key: string, actual?: string) =>
      told({
        ...driftRecord,
        level: 'major',
        changes: [
          { facet: 'cache', key, ...(actual === undefined ? {} : { actual }), weight: 1, level: 'major' },
        ],
      }).severity;
    for (const key of ['cache.corrupt', 'cache.rebound', 'toolchain.digest']) {
      expect(of(key, '1')).toBe('critical');
      expect(of(key)).toBe('error');
    }
    expect(of('env.GOFLAGS', '-x')).toBe('error');
  });

  it('says of a damaged line that it cannot be read', () => {
    const damaged = { type: 'drift', changes: 7 } as never as JournalEvent;
    expect(summaryOf(damaged)).toBe('this line cannot be read');
    expect(told(damaged)).toMatchObject({ severity: 'warning', context: { type: 'drift' } });
    expect(() => project({} as never, damaged)).toThrow();
  });
});
