/** The rollback memory is a fold over the journal: reading a part first and the rest later gives the same. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JournalEvent, RollbackOutcome } from '../../../src/drift/events.ts';
import { tryResults } from '../../../src/drift/try-event.ts';
import {
  emptyMemory,
  facetMemory,
  inQuarantine,
  memorySchema,
  unconfirmedIn,
  waitingAt,
} from '../../../src/undo/memory.ts';
import { type Line, remember } from '../../../src/undo/remember.ts';
import { driftRecord, resolvedRecord } from '../tell/states.ts';

const named = { target: 'api', workspace: '/src/api' };
const minute = 60_000;
const start = Date.parse('2026-11-27T12:00:00Z');

const about = (id: string) =>
  ({
    operation: 'rollback',
    id,
    ...named,
    facets: ['env'],
    who: 'alertmanager',
    mode: 'auto',
    trigger: 'alertmanager',
  }) as const;
const trace = (at: number) => ({
  start: at,
  end: at,
  resource: {},
  version: '0',
  trace_id: 't',
  span_id: 's',
});

const drift = (at: number, signature: string): JournalEvent => ({
  ...driftRecord,
  ...named,
  facets: ['env'],
  signatures: { env: signature },
  start: at,
  end: at,
});
const resolved = (at: number): JournalEvent => ({ ...resolvedRecord, ...named, start: at, end: at });
const intent = (id: string): JournalEvent => ({
  type: 'intent',
  ...about(id),
  plan: 'p',
  replaced: `before ${id}`,
  steps: 1,
  files: ['/home/ann/env'],
  why: '',
});
const outcome = (id: string, at: number, more: Partial<RollbackOutcome> = {}): JournalEvent => ({
  type: 'outcome',
  ...about(id),
  ...trace(at),
  start: at - 2000,
  result: 'applied',
  parts: [],
  why: '',
  ...more,
});
const refusal = (id: string, at: number): JournalEvent => ({
  type: 'refusal',
  ...about(id),
  ...trace(at),
  refusals: ['mode: off'],
});
const approval = (id: string, at: number): JournalEvent => ({
  type: 'approval',
  ...about(id),
  ...trace(at),
  key: `alert ${id}`,
  plan: 'p',
  record: 'r',
  steps: 1,
  files: [],
  expires: at + 60 * minute,
  why: '',
});
const accepted: JournalEvent = { type: 'baseline', ...named, kind: 'accepted', fingerprint: '', taken: 0 };

const linesOf = (events: readonly JournalEvent[], from = 1): readonly Line[] =>
  events.map((event, index) => ({ seq: from + index, time: start + index * 1000, event }));
const afterLines = (...events: readonly JournalEvent[]) => remember(emptyMemory(), linesOf(events));
const envOf = (memory: ReturnType<typeof emptyMemory>) => facetMemory(memory, named, 'env');

describe('the memory of rollbacks', () => {
  it('takes nothing from a damaged line that would make its file unreadable', () => {
    const trial: JournalEvent = {
      type: 'try',
      ...named,
      ...trace(start),
      id: '7',
      facets: ['env'],
      phase: 'ended',
      replaced: 'before 7',
      confirm_by: start + minute,
    } as never;
    const control: JournalEvent = { type: 'control', action: 'pause', who: 'ann', start } as never;
    const whole = [
      ...[drift(start, 'a'), intent('1'), outcome('1', start, { confirm_by: start }), resolved(start)],
      ...[refusal('2', start), approval('3', start), trial, control, accepted],
    ];
    const fields = [...new Set(whole.flatMap((event) => Object.keys(event)))];
    const gone = Symbol();
    fc.assert(
      fc.property(
        fc.shuffledSubarray(whole, { minLength: 1 }),
        fc.constantFrom(...fields),
        fc.oneof(fc.constant(gone), fc.jsonValue(), fc.constantFrom('constructor', '__proto__', -1, [null])),
        (events, field, value) => {
          const damaged = events.map((event) => {
            const { [field]: before, ...rest } = event as unknown as Record<string, unknown>;
            return (before === undefined || value === gone ? rest : { ...rest, [field]: value }) as never;
          });
          const memory = remember(emptyMemory(), linesOf([...damaged, drift(start + minute, 'b')]));
          expect(memorySchema.parse(JSON.parse(JSON.stringify(memory)))).toEqual(memory);
          expect(envOf(memory)?.drift?.signature).toBe('b');
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('counts results, and durations of the rollbacks that ran', () => {
    const memory = afterLines(
      refusal('1', start),
      outcome('2', start, { result: 'dry_run' }),
      intent('3'),
      outcome('3', start),
      intent('4'),
      outcome('4', start, { result: 'failed', start: start - 400_000 }),
    );
    expect(envOf(memory)?.results).toEqual({ refused: 1, dry_run: 1, applied: 1, failed: 1, undone: 0 });
    expect(memory.durations.applied).toMatchObject({ sum: 2, counts: [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0] });
    expect(memory.durations.failed.counts.at(-1)).toBe(1);
    expect(memory.open).toEqual([]);
    expect(memorySchema.parse(JSON.parse(JSON.stringify(memory)))).toEqual(memory);
  });

  it('knows a rollback that was begun and has no outcome', () => {
    expect(afterLines(intent('1')).open).toMatchObject([{ id: '1', replaced: 'before 1' }]);
  });

  it('keeps a facet in quarantine until it was without drift for the whole time', () => {
    const healed = [drift(start, 'a'), intent('1'), outcome('1', start), resolved(start + 1)];
    const calm = envOf(afterLines(...healed));
    expect(calm && inQuarantine(calm, start + 59 * minute, 60 * minute)).toBe(true);
    expect(calm && inQuarantine(calm, start + 61 * minute, 60 * minute)).toBe(false);
    const soon = envOf(afterLines(...healed, drift(start + 10 * minute, 'b')));
    expect(soon && inQuarantine(soon, start + 600 * minute, 60 * minute)).toBe(true);
    const late = envOf(afterLines(...healed, drift(start + 90 * minute, 'b')));
    expect(late && inQuarantine(late, start + 91 * minute, 60 * minute)).toBe(false);
  });

  it('is released by a person, and by an accepted baseline', () => {
    const before = [drift(start, 'a'), intent('1'), outcome('1', start, { result: 'undone' })];
    expect(envOf(afterLines(...before))?.quarantine).toBeDefined();
    expect(envOf(afterLines(...before, accepted))?.quarantine).toBeUndefined();
    const release = (facets: readonly ['env' | 'modules']): JournalEvent => ({
      ...{ type: 'control', action: 'release', who: 'ann', facets },
      ...named,
    });
    expect(envOf(afterLines(...before, release(['env'])))?.quarantine).toBeUndefined();
    expect(envOf(afterLines(...before, release(['modules'])))?.quarantine).toBeDefined();
  });

  it('notices when the same drift comes back, and ignores other drifts', () => {
    const [begun, end] = [[drift(start, 'a'), intent('1')], outcome('1', start)];
    // Whoever watches the file may see it before the outcome is told.
    for (const healed of [
      [...begun, end, resolved(start + 1)],
      [...begun, resolved(start - 1), end],
    ]) {
      expect(envOf(afterLines(...healed, drift(start + 3000, 'a')))?.returned).toBe(3000);
      expect(envOf(afterLines(...healed, drift(start + 3000, 'b')))?.returned).toBeUndefined();
      const later = [resolved(start + 4000), drift(start + 9000, 'b')];
      expect(envOf(afterLines(...healed, drift(start + 3000, 'a'), ...later))?.returned).toBeUndefined();
      const back = { ...intent('2'), reverts: '1' } as JournalEvent;
      expect(envOf(afterLines(...healed, back, drift(start + 3000, 'a')))?.returned).toBeUndefined();
    }
  });

  it('keeps waiting plans until a decision or their expiry', () => {
    const memory = afterLines(approval('1', start), approval('2', start), approval('3', start));
    expect(waitingAt(memory, start).map(({ id }) => id)).toEqual(['1', '2', '3']);
    expect(waitingAt(memory, start + 60 * minute)).toEqual([]);
    const decided = afterLines(approval('1', start), approval('2', start), intent('1'), refusal('2', start));
    expect(waitingAt(decided, start)).toEqual([]);
    expect(envOf(decided)?.denied).toBe('alert 2');
  });

  it('dates events from before the clock was set back by the next line', () => {
    const year = 365 * 24 * 60 * minute;
    const late = { seq: 1, time: start + year, event: intent('1') };
    const ended = { seq: 2, time: start + year, event: outcome('1', start + year) };
    const memory = remember(emptyMemory(), [late, ended]);
    expect(envOf(memory)).toMatchObject({ last: start + year, begun: [start + year] });
    const back = remember(memory, [{ seq: 3, time: start, event: refusal('2', start) }]);
    expect(envOf(back)).toMatchObject({ last: start, begun: [start] });
  });

  it('waits for a try that was begun, then for the confirmation of its changes, if any', () => {
    const line = (phase: 'begun' | 'ended', more: object): JournalEvent => ({
      ...{ type: 'try', phase, id: '1', ...named, facets: ['env', 'modules'], who: 'ann', command: 'make' },
      ...{ replaced: 'before', files: [], why: '', ...trace(start), ...more },
    });
    const begun = line('begun', { confirm_by: start + minute });
    const trial = { isRunning: true, traceId: 't', spanId: 's' };
    const memory = afterLines(begun);
    expect(unconfirmedIn(memory).map(({ facet }) => facet)).toEqual(['env', 'modules']);
    expect(envOf(memory)?.confirm).toEqual({ id: '1', by: start + minute, replaced: 'before', trial });
    expect(memorySchema.safeParse(memory).success).toBe(true);
    const changed = line('ended', {
      ...{ result: 'changed', facets: ['modules'], confirm_by: start + 1, replaced: 'changed' },
    });
    const after = unconfirmedIn(afterLines(begun, changed));
    expect(after.map(({ facet, confirm }) => [facet, confirm.replaced, confirm.trial?.isRunning])).toEqual([
      ['modules', 'changed', false],
    ]);
    for (const result of tryResults)
      expect(unconfirmedIn(afterLines(begun, line('ended', { result, facets: [] })))).toEqual([]);
  });

  it('waits for a confirmation until it comes or the rollback is reverted', () => {
    const applied = [intent('1'), outcome('1', start, { confirm_by: start + minute })];
    expect(envOf(afterLines(...applied))?.confirm).toEqual({
      id: '1',
      by: start + minute,
      replaced: 'before 1',
    });
    const confirm: JournalEvent = {
      ...{ type: 'control', action: 'confirm', who: 'ann', facets: ['env'], id: '1' },
      ...named,
    };
    expect(envOf(afterLines(...applied, confirm))?.confirm).toBeUndefined();
    expect(envOf(afterLines(...applied, { ...confirm, id: '2' }))?.confirm).toBeDefined();
    const back = outcome('2', start, { reverts: '1', trigger: 'unconfirmed' });
    expect(envOf(afterLines(...applied, intent('2'), back))?.confirm).toBeUndefined();
    const refusedBack: JournalEvent = { ...(refusal('2', start) as object), reverts: '1' } as JournalEvent;
    expect(envOf(afterLines(...applied, refusedBack))?.confirm).toBeUndefined();
  });

  it('keeps waiting after a failed revert, and after another rollback that changed nothing', () => {
    const applied = [intent('1'), outcome('1', start, { confirm_by: start + minute })];
    const again = { reverts: '1', trigger: 'unconfirmed', retry_at: start + 5 * minute } as const;
    for (const result of ['undone', 'failed'] as const) {
      const failed = [intent('2'), outcome('2', start, { ...again, result })];
      expect(envOf(afterLines(...applied, ...failed))?.confirm).toEqual({
        ...{ id: '1', by: again.retry_at, replaced: 'before 1' },
      });
      const other = [intent('3'), outcome('3', start, { result })];
      expect(envOf(afterLines(...applied, ...other))?.confirm?.by).toBe(start + minute);
    }
    const refusedNow = { ...(refusal('2', start) as object), ...again } as JournalEvent;
    expect(envOf(afterLines(...applied, refusedNow))?.confirm?.by).toBe(again.retry_at);
    // Older versions tried once.
    const old = outcome('2', start, { reverts: '1', result: 'undone' });
    expect(envOf(afterLines(...applied, intent('2'), old))?.confirm).toBeUndefined();
  });

  it('is paused until resumed', () => {
    const said = (action: 'pause' | 'resume'): JournalEvent => ({ type: 'control', action, who: 'ann' });
    expect(afterLines(said('pause')).paused).toMatchObject({ who: 'ann' });
    expect(afterLines(said('pause'), said('resume')).paused).toBeUndefined();
  });

  it('is the same however the journal is split into reads, and counts no line twice', () => {
    const id = fc.integer({ min: 1, max: 4 }).map(String);
    const at = fc.integer({ min: 0, max: 100 }).map((minutes) => start + minutes * minute);
    const event: fc.Arbitrary<JournalEvent> = fc.oneof(
      fc.tuple(at, fc.constantFrom('a', 'b')).map(([time, signature]) => drift(time, signature)),
      at.map(resolved),
      id.map(intent),
      fc.tuple(id, at).map(([one, time]) => outcome(one, time, { confirm_by: time })),
      fc.tuple(id, at).map(([one, time]) => refusal(one, time)),
      fc.tuple(id, at).map(([one, time]) => approval(one, time)),
      fc.constant(accepted),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), fc.nat(30), fc.nat(30), (events, cut, back) => {
        const lines = linesOf(events);
        const whole = remember(emptyMemory(), lines);
        const first = remember(emptyMemory(), lines.slice(0, cut));
        const stored = memorySchema.parse(JSON.parse(JSON.stringify(first)));
        expect(remember(stored, lines.slice(Math.max(0, cut - back)))).toEqual(whole);
        const total = events.filter(({ type }) => type === 'outcome' || type === 'refusal').length;
        const counted = Object.values(envOf(whole)?.results ?? {}).reduce((sum, one) => sum + one, 0);
        expect(counted).toBe(total);
      }),
      { numRuns: 300 },
    );
  });

  it('is bounded, whatever is requested', () => {
    const memory = afterLines(
      ...Array.from({ length: 500 }, (_, index) => approval(String(index), start)),
      ...Array.from({ length: 500 }, (_, index) => intent(`i${index}`)),
    );
    expect(memory.waiting.length).toBeLessThanOrEqual(200);
    expect(memory.open.length).toBeLessThanOrEqual(200);
  });
});
