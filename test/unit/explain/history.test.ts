/** The history of one entry, from the events of a journal. */
import { describe, expect, it } from 'vitest';
import type { JournalEvent } from '../../../src/drift/events.ts';
import { EntryHistory } from '../../../src/explain/why/history.ts';

const whose = { target: 'api', workspace: '/src/api', key: 'env.GOFLAGS', facet: 'env' } as const;
const drift = (changes: readonly object[], more: object = {}) =>
  ({
    type: 'drift',
    target: 'api',
    workspace: '/src/api',
    facets: ['env'],
    changes,
    trace_id: 't1',
    ...more,
  }) as unknown as JournalEvent;
const goflags = (expected: string | undefined, actual: string | undefined) => ({
  facet: 'env',
  key: 'env.GOFLAGS',
  level: 'minor',
  weight: 0.5,
  ...(expected === undefined ? {} : { expected }),
  ...(actual === undefined ? {} : { actual }),
});
const other = { facet: 'env', key: 'env.GOPROXY', level: 'minor', weight: 0.4, actual: 'off' };
const resolved = {
  type: 'resolved',
  target: 'api',
  workspace: '/src/api',
  facets: ['env'],
  trace_id: 't1',
} as unknown as JournalEvent;
const baseline = {
  type: 'baseline',
  target: 'api',
  workspace: '/src/api',
  kind: 'accepted',
  who: 'ann',
  why: 'ok',
} as unknown as JournalEvent;

function historyOf(...events: readonly JournalEvent[]) {
  const history = new EntryHistory(whose);
  for (const [index, event] of events.entries())
    history.add(event, `2026-11-29T00:00:${String(index % 60).padStart(2, '0')}.000Z`);
  return history.events();
}

describe('EntryHistory', () => {
  it('lists the onset, a change, the end and the approval', () => {
    const { history } = historyOf(
      drift([goflags(undefined, '-x')]),
      drift([goflags(undefined, '-v')]),
      resolved,
      baseline,
    );
    expect(history.map(({ event, actual, note }) => [event, actual, note])).toEqual([
      ['drift', '-x', undefined],
      ['drift', '-v', undefined],
      ['resolved', undefined, undefined],
      ['baseline', undefined, 'accepted by ann: ok'],
    ]);
  });

  it('lists the result of each rollback of the facet that was applied or undone, and who requested it', () => {
    const outcome = (result: string, more: object = {}) =>
      ({
        type: 'outcome',
        operation: 'rollback',
        target: 'api',
        workspace: '/src/api',
        facets: ['env'],
        who: 'ann',
        result,
        trace_id: 't1',
        ...more,
      }) as unknown as JournalEvent;
    const { history } = historyOf(
      drift([goflags('-a', '-x')]),
      outcome('dry_run'),
      outcome('applied', { facets: ['modules'] }),
      outcome('applied', { target: 'web' }),
      outcome('undone'),
      outcome('applied'),
      resolved,
    );
    expect(history.map(({ event, note, trace_id: trace }) => [event, note, trace])).toEqual([
      ['drift', undefined, 't1'],
      ['rollback', 'undone, asked for by ann', 't1'],
      ['rollback', 'applied, asked for by ann', 't1'],
      ['resolved', undefined, 't1'],
    ]);
  });

  it('lists a lasting drift once while another entry changes, and its end while the other entry still drifts', () => {
    const { history } = historyOf(
      drift([goflags('-a', '-x')]),
      drift([goflags('-a', '-x'), other]),
      drift([other]),
      resolved,
    );
    expect(history.map(({ event, note }) => [event, note])).toEqual([
      ['drift', undefined],
      ['resolved', 'others of the facet still drift'],
    ]);
  });

  it('omits other targets, other workspaces and ends without an onset', () => {
    const { history } = historyOf(
      drift([goflags('-a', '-x')], { target: 'web' }),
      drift([goflags('-a', '-x')], { workspace: '/src/elsewhere' }),
      resolved,
    );
    expect(history).toEqual([]);
  });

  it('keeps the 20 newest events and counts the others', () => {
    const many = Array.from({ length: 30 }, (_, index) => drift([goflags(undefined, `-x=${index}`)]));
    const { history, history_omitted: omitted } = historyOf(...many);
    expect([history.length, omitted, history.at(-1)?.actual]).toEqual([20, 10, '-x=29']);
  });
});
