/** Transitions: each change is recorded once, and the memory is rebuilt from the journal after a crash. */
import { describe, expect, it } from 'vitest';
import type { DriftRecord, ResolvedRecord } from '../../../src/drift/events.ts';
import type { FacetDrift, TargetState } from '../../../src/drift/state.ts';
import { type Emitter, emptyMemory, replay, transition } from '../../../src/drift/transition.ts';

function emitter(): Emitter {
  let count = 0;
  return {
    resource: { 'service.name': 'godrift' },
    version: '0.1.0',
    randomId: (bytes) => (++count).toString(16).padStart(bytes * 2, '0'),
    digest: (text) => `digest(${text})`,
  };
}

function drift(actual?: string): FacetDrift {
  const changes =
    actual === undefined
      ? []
      : [{ facet: 'env' as const, key: 'env.GOFLAGS', actual, weight: 0.5, level: 'minor' as const }];
  return {
    level: actual === undefined ? 'none' : 'minor',
    changeRatio: changes.length,
    semanticDistance: changes.length / 2,
    added: changes.length,
    removed: 0,
    changed: 0,
    changes,
  };
}

/** A state with this drift of the facet `env`; undefined means that there is no baseline. */
function state(time: number, facetDrift: FacetDrift | undefined): TargetState {
  return {
    target: 'api',
    workspace: '/src/api',
    pool: '',
    environmentSource: 'self',
    readable: { ok: true, reason: 'ok' },
    time,
    collectors: [],
    pins: [],
    environment: [],
    required: [],
    facets: {
      env: {
        facet: 'env',
        entries: 1,
        fingerprint: 'sha256:00',
        ...(facetDrift === undefined ? {} : { drift: facetDrift }),
      },
    },
    facetStatus: {
      toolchain: 'ok',
      env: 'ok',
      modules: 'not_evaluated',
      cache: 'not_evaluated',
      tools: 'not_evaluated',
      context: 'ok',
    },
    baseline: { kind: 'learned', source: 'learned', fingerprint: 'sha256:11' },
    entries: new Map(),
    fingerprint: 'sha256:22',
    findings: [],
    level: 'none',
    counters: { changes: {}, lastChange: {} },
  };
}

describe('transition', () => {
  it('records a drift once, a changed drift again with the same onset, and its end in the newest trace', () => {
    const ids = emitter();
    const onset = transition(emptyMemory, state(1000, drift('-trimpath')), [], ids);
    expect(onset.records).toMatchObject([
      { type: 'drift', facets: ['env'], level: 'minor', cause: 'unknown' },
    ]);
    expect(onset.memory.open.env).toMatchObject({ since: 1000, level: 'minor' });

    expect(transition(onset.memory, state(2000, drift('-trimpath')), [], ids).records).toEqual([]);

    const other = transition(onset.memory, state(3000, drift('-mod=mod')), [], ids);
    expect(other.records).toHaveLength(1);
    expect(other.memory.open.env?.since).toBe(1000);
    expect(other.memory.open.env?.traceId).not.toBe(onset.memory.open.env?.traceId);

    const end = transition(other.memory, state(5000, drift()), [], ids);
    expect(end.records).toMatchObject([
      {
        type: 'resolved',
        trace_id: other.memory.open.env?.traceId,
        parent_span_id: other.memory.open.env?.spanId,
        duration_s: 4,
      },
    ]);
    expect(end.memory.open).toEqual({});
  });

  it('records a changed secret of a drifted entry once', () => {
    const ids = emitter();
    const withSecret = (time: number, secret: string) => ({
      ...state(time, drift('-x=redacted (redacted, changed)')),
      entries: new Map([['env.GOFLAGS.secret', secret]]),
    });
    const onset = transition(emptyMemory, withSecret(1000, 'k:first'), [], ids);
    expect(onset.records).toHaveLength(1);
    expect(transition(onset.memory, withSecret(2000, 'k:first'), [], ids).records).toEqual([]);
    const again = transition(onset.memory, withSecret(3000, 'k:second'), [], ids);
    expect(again.records).toMatchObject([{ type: 'drift', facets: ['env'], since: { env: 1000 } }]);
    expect(transition(again.memory, withSecret(4000, 'k:second'), [], ids).records).toEqual([]);
  });

  it('records nothing while there is no baseline or the facet could not be observed', () => {
    const onset = transition(emptyMemory, state(1000, drift('-trimpath')), [], emitter());
    expect(transition(onset.memory, state(2000, undefined), [], emitter())).toEqual({
      memory: onset.memory,
      records: [],
    });
    const blind = { ...state(2000, undefined), facets: {} };
    expect(transition(onset.memory, blind, [], emitter()).memory.open).toEqual(onset.memory.open);
  });

  it('has a memory that replay rebuilds from the journal', () => {
    const ids = emitter();
    const onset = transition(emptyMemory, state(1000, drift('-trimpath')), [], ids);
    const stored = JSON.parse(JSON.stringify(onset.records[0])) as DriftRecord;
    expect(replay(emptyMemory, stored).open).toEqual(onset.memory.open);
    const end = transition(onset.memory, state(5000, drift()), [], ids);
    expect(replay(onset.memory, end.records[0] as ResolvedRecord).open).toEqual({});
  });

  it('writes the counters into each record, so that replay restores them', () => {
    const counters = { changes: { env: { minor: 5 } }, lastChange: { env: 1000 } };
    const { records } = transition(emptyMemory, { ...state(1000, drift('-x')), counters }, [], emitter());
    const stored = JSON.parse(JSON.stringify(records[0])) as DriftRecord;
    expect(replay(emptyMemory, stored).counters).toEqual(counters);
    const { counters: _, ...older } = stored;
    expect(replay({ ...emptyMemory, counters }, older).counters).toEqual(counters);
  });

  it('records an end with the host.id and the severity of its onset, even if the host.id has changed', () => {
    const on = (id: string): Emitter => ({
      ...emitter(),
      resource: { 'host.id': id, 'host.name': `name of ${id}` },
    });
    const rebuilt = (): FacetDrift => {
      const one = drift('sha256:new');
      return { ...one, changes: one.changes.map((change) => ({ ...change, key: 'toolchain.digest' })) };
    };
    const onset = transition(emptyMemory, state(1000, rebuilt()), [], on('one'));
    const replayed = replay(emptyMemory, JSON.parse(JSON.stringify(onset.records[0])) as DriftRecord);
    for (const memory of [onset.memory, replayed])
      expect(transition(memory, state(5000, drift()), [], on('other')).records).toMatchObject([
        { severity: 'critical', resource: { 'host.id': 'one', 'host.name': 'name of other' } },
      ]);
  });

  it('records a duration of 0 if the clock was set back', () => {
    const onset = transition(emptyMemory, state(9000, drift('-trimpath')), [], emitter());
    const end = transition(onset.memory, state(1000, drift()), [], emitter());
    expect(end.records).toMatchObject([{ type: 'resolved', duration_s: 0 }]);
  });
});
