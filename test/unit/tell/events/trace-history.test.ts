/** The history and the post-mortem of a trace: which lines belong to it, in which order, and that no text of the host becomes markup. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type {
  JournalEvent,
  RefusalEvent,
  RollbackIntent,
  RollbackOutcome,
} from '../../../../src/drift/events.ts';
import { afterText, postMortem, tookText } from '../../../../src/tell/events/post-mortem.ts';
import { TraceFinder, type TraceHistory } from '../../../../src/tell/events/trace-history.ts';
import { driftRecord, resolvedRecord } from '../states.ts';

const began = Date.UTC(2026, 10, 22, 12);
const at = (seconds: number) => began + seconds * 1000;
const trace = '4bf92f3577b34da6a3ce929d0e0e4736';

const drift: JournalEvent = {
  ...driftRecord,
  facets: ['env'],
  since: { env: began },
  start: at(0.1),
  end: at(0.2),
  trace_id: trace,
};
const about = {
  operation: 'rollback',
  id: 'ab'.repeat(8),
  target: 'api',
  workspace: '/src/api',
  facets: ['env'],
  who: 'ann',
  mode: 'manual',
  trigger: 'cli',
} as const;
const signed = {
  resource: {},
  version: '0.1.0',
  trace_id: trace,
  parent_span_id: driftRecord.span_id,
  span_id: '1'.repeat(16),
};
const refusal: RefusalEvent = {
  type: 'refusal',
  ...about,
  id: 'cd'.repeat(8),
  ...signed,
  start: at(10),
  end: at(10),
  refusals: ['another user may write it', 'it is too early'],
};
const intent: RollbackIntent = {
  type: 'intent',
  ...about,
  plan: '0'.repeat(64),
  replaced: '1'.repeat(64),
  steps: 1,
  files: ['/home/ann/.config/go/env'],
  why: 'rollback of env: /home/ann/.config/go/env',
};
const outcome: RollbackOutcome = {
  type: 'outcome',
  ...about,
  ...signed,
  result: 'applied',
  why: 'rollback of env applied and verified: 1 put back',
  start: at(40),
  end: at(41.5),
  parts: [
    { part: 'step', kind: 'restore-file', path: '/home/ann/.config/go/env', start: at(40), end: at(40.004) },
    { part: 'verify', start: at(40.004), end: at(41.5) },
  ],
};
const resolved: JournalEvent = {
  ...resolvedRecord,
  facets: ['env'],
  trace_id: trace,
  duration_s: 42,
  start: at(42),
  end: at(42),
};
const other: JournalEvent = { ...driftRecord, trace_id: '00'.repeat(16) };

/** When a line is written: at the end of its event; an intent before any change. */
const timeOf = (event: JournalEvent) => ('end' in event ? event.end : at(39.9));

function histories(prefix: string, events: readonly JournalEvent[]): readonly TraceHistory[] {
  const finder = new TraceFinder(prefix);
  for (const [index, event] of events.entries())
    finder.add({ seq: index + 1, hash: `${index + 1}`.repeat(64).slice(0, 64), time: timeOf(event), event });
  return finder.histories();
}

const story = (...events: readonly JournalEvent[]) => histories(trace.slice(0, 8), events)[0] as TraceHistory;

describe('the history of a trace', () => {
  test('has its lines and the parts of rollbacks; an intent without a trace comes with its outcome', () => {
    const told = story(drift, other, refusal, { ...intent, id: '99'.repeat(8) }, intent, outcome, resolved);
    expect(told.lines.map(({ seq }) => seq)).toEqual([1, 3, 5, 6, 7]);
    expect(told.rows.map(({ what, failed = false, isPart = false }) => [what, failed, isPart])).toEqual([
      ['drift', false, false],
      ['refusal', true, false],
      ['intent', false, false],
      ['outcome', false, false],
      ['step restore-file', false, true],
      ['verify', false, true],
      ['resolved', false, false],
    ]);
    expect(told.rows[0]).toMatchObject({ from: began, to: at(0.2) });
  });

  test('of an interrupted rollback comes from the intent that names its trace', () => {
    expect(story(drift, { ...intent, trace_id: trace }).rows.map(({ what }) => what)).toEqual([
      'drift',
      'intent',
    ]);
  });

  test('is not mixed with traces of the same prefix, and survives damaged lines', () => {
    expect(histories('', [drift, other])).toHaveLength(2);
    const damaged = { type: 'drift', trace_id: trace, facets: 7 } as never as JournalEvent;
    expect(story(drift, damaged).rows[1]?.text).toBe('this line cannot be read');
  });

  test('has the requesting alert, its answer, and the confirmation', () => {
    const key = 'abcdef0123456789@1';
    const alert = {
      type: 'alert',
      source: 'alertmanager',
      target: 'api',
      workspace: '/src/api',
      facets: ['env'],
    } as const;
    const ask = {
      ...alert,
      action: 'ask',
      alertname: 'GodriftRollback',
      keys: ['x@0', key],
      trace_id: '99'.repeat(16),
    };
    const answer = { ...alert, action: 'answer', key, decision: 'accepted', why: 'done' };
    const control = { type: 'control', action: 'confirm', who: 'ann', id: about.id };
    const other = { ...answer, key: 'other@1' };
    const all = [drift, ask, other, { ...outcome, key }, answer, control] as readonly unknown[];
    expect(story(...(all as readonly JournalEvent[])).lines.map(({ seq }) => seq)).toEqual([1, 2, 4, 5, 6]);
  });

  test('of a drift that replaced another one begins when it was detected', () => {
    const before: JournalEvent = { ...drift, trace_id: '00'.repeat(16) } as JournalEvent;
    const later: JournalEvent = { ...drift, start: at(60), end: at(60.1) } as JournalEvent;
    const told = story(before, later);
    expect(told.rows[0]).toMatchObject({ what: 'drift', from: at(60) });
    expect(postMortem(told)).toMatch(/\| began \| 2026-11-22 12:01:00/);
    const healed: JournalEvent = { ...resolved, trace_id: '00'.repeat(16) } as JournalEvent;
    expect(story(before, healed, drift).rows[0]?.from).toBe(began);
  });

  test('says that the revert of an unconfirmed rollback was refused, unless it succeeded later', () => {
    const refused = {
      ...refusal,
      trigger: 'unconfirmed',
      reverts: about.id,
      start: at(50),
      end: at(50),
    } as const;
    const title = '# env of api drifted, and the revert of the unconfirmed change was refused\n';
    expect(postMortem(story(drift, outcome, refused))).toContain(title);
    expect(postMortem(story(drift, { ...refused, start: at(30) }, outcome))).not.toContain(title);
  });

  test('buffers a bounded number of lines without a trace', () => {
    const many = Array.from({ length: 20_000 }, (_, index) => ({
      ...intent,
      id: index.toString(16).padStart(16, '0'),
    }));
    const [oldest, newest] = [0, 19_999].map((index) => many[index]?.id as string);
    const answers = [oldest, newest].map((id) => ({ ...outcome, id: id as string }));
    expect(story(...many, ...answers).lines.map(({ seq }) => seq)).toEqual([20_000, 20_001, 20_002]);
  });
});

describe('a post-mortem', () => {
  test('says when, what, by whom, and how to prove it', () => {
    const text = postMortem(story(drift, refusal, intent, outcome, resolved));
    expect(text).toContain('# env of api drifted and was rolled back');
    expect(text).toContain('| noticed | 2026-11-22 12:00:00.200Z (+200 ms) |');
    expect(text).toContain('| put back and verified | 2026-11-22 12:00:41.500Z (+41.5 s) |');
    expect(text).toContain('| ended | 2026-11-22 12:00:42.000Z (+42.0 s) |');
    expect(text).toContain('| `env.GOFLAGS` | none | `-trimpath` | process environment |');
    expect(text).toContain('| step restore-file | `/home/ann/.config/go/env` | 4 ms | ok |');
    expect(text).toContain(
      'requested by ann (cli, manual)\n  - another user may write it\n  - it is too early',
    );
    expect(text).toContain(`godrift events --verify --witness ${'5'.repeat(64)}@5`);
  });

  test.each([
    [[drift], 'env of api drifted'],
    [[drift, resolved], 'env of api drifted, and healed'],
    [[drift, refusal], 'env of api drifted, and its rollback was refused'],
    [[drift, { ...outcome, result: 'undone' }], 'env of api drifted, and its rollback was undone'],
    [[drift, { ...outcome, result: 'failed' }], 'env of api drifted, and its rollback failed'],
    [[drift, { ...outcome, result: 'dry_run' }], 'env of api drifted'],
    [[outcome], 'env of api was rolled back'],
  ] as const)('is called after how it ended (%#)', (events, title) => {
    expect(postMortem(story(...(events as readonly JournalEvent[]))).split('\n')[0]).toBe(`# ${title}`);
  });

  test('has one line for each table row, whatever the texts hold', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.string({ unit: fc.constantFrom('|', '`', '\\', '\n', '<', '#', ' ', '*', 'a'), maxLength: 30 }),
    );
    fc.assert(
      fc.property(hostile, (text) => {
        const change = { ...driftRecord.changes[0], key: `env.${text}`, expected: text, actual: text };
        const told = (hidden: string) =>
          story(
            {
              ...drift,
              target: hidden,
              changes: [{ ...change, expected: hidden, actual: hidden }],
            } as JournalEvent,
            { ...refusal, who: hidden, refusals: [hidden] },
            { ...outcome, why: hidden },
          );
        const [made, plain] = [postMortem(told(text)), postMortem(told('x'))];
        expect(made.split('\n')).toHaveLength(plain.split('\n').length);
        for (const line of made.split('\n').filter((one) => one.startsWith('|'))) {
          const cells = line.replaceAll(/\\./g, '').split('|').length;
          expect([4, 5, 6, 7]).toContain(cells);
        }
        expect(made.replaceAll(/(`+)(?!`).*?(?<!`)\1(?!`)/g, '')).not.toMatch(/(?<!\\)<|^\s*#[^ #]/m);
      }),
    );
  });
});

test('durations use a fitting unit', () => {
  expect([0, 4, 999, 1000, 59_949, 60_000, 3_599_000, 3_600_000, 90_000_000].map(tookText)).toEqual([
    '0 ms',
    '4 ms',
    '999 ms',
    '1.0 s',
    '59.9 s',
    '1 min 0 s',
    '59 min 59 s',
    '1 h 0 min',
    '1 d 1 h',
  ]);
  expect([afterText(41_500), afterText(-200)]).toEqual(['+41.5 s', '-200 ms']);
});
