import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Facet, facets } from '../../../../src/catalog/facets.ts';
import { type Cause, metrics } from '../../../../src/catalog/metrics.ts';
import { fingerprintNumber } from '../../../../src/drift/fingerprint.ts';
import type { EntryChange, FacetState, TargetState } from '../../../../src/drift/state.ts';
import { exporterFamilies } from '../../../../src/tell/metrics/exporter.ts';
import {
  type FamilySamples,
  labelLimit,
  labelValue,
  probeFamilies,
  seriesLimit,
  targetFamilies,
} from '../../../../src/tell/metrics/samples.ts';
import { isValueOf } from '../../../lab/collector-values.ts';
import {
  auditedCache,
  conflict,
  drifted,
  exemptEverywhere,
  exporterState,
  noon,
  quiet,
  quietFacet,
  rolledBack,
  selfFacts,
} from '../states.ts';

/** The samples of a family, each as its labels without `target`, joined, and its value. */
function values(families: readonly FamilySamples[], name: string): Readonly<Record<string, number>> {
  const found = families.find(({ row }) => row.name === name)?.samples ?? [];
  return Object.fromEntries(
    found.map(({ labels, value }) => [
      Object.entries(labels)
        .filter(([label]) => label !== 'target')
        .map(([, text]) => text)
        .join(' '),
      value,
    ]),
  );
}

const total = (families: readonly FamilySamples[]) =>
  families.reduce((sum, { samples }) => sum + samples.length, 0);

describe('targetFamilies', () => {
  it('exports 0 for known absence', () => {
    const told = targetFamilies(quiet);
    expect(values(told, 'drift_level')).toEqual({ toolchain: 0, env: 0, context: 0 });
    expect(values(told, 'drift_entries')).toMatchObject({
      'toolchain added': 0,
      'toolchain removed': 0,
      'env changed': 0,
    });
    expect(values(told, 'conflicts')).toEqual({ patch: 0, minor: 0, major: 0 });
    expect(values(told, 'changes_total')).toMatchObject({
      'toolchain patch': 0,
      'toolchain minor': 2,
      'env major': 0,
    });
    expect(values(told, 'env_required_missing')).toEqual({ GOPRIVATE: 0 });
    expect(values(told, 'drift_cause')).toMatchObject({ 'toolchain unknown': 0, 'toolchain pin-changed': 0 });
  });

  it('leaves out unknown values', () => {
    const { disagreements: _, ...rest } = quiet;
    const told = targetFamilies({
      ...rest,
      baseline: { kind: 'none', source: '' },
      counters: { changes: {}, lastChange: {} },
      collectors: [{ collector: 'env', success: false, durationSeconds: 0.1 }],
      facets: { env: { facet: 'env', entries: 1, fingerprint: 'sha256:00' } },
    });
    const names = told.map(({ row }) => row.name);
    for (const absent of [
      'baseline_timestamp_seconds',
      'last_change_timestamp_seconds',
      'collector_last_success_timestamp_seconds',
      'drift_since_timestamp_seconds',
      'drift_level',
      'env_disagreements',
      'toolchain_download_pending',
    ]) {
      expect(names).not.toContain(absent);
    }
  });

  it('exports a drift: level, entries, onset, cause, trace, old and new values', () => {
    const told = targetFamilies(drifted);
    expect(values(told, 'drift_level')).toMatchObject({ toolchain: 2, env: 0 });
    expect(values(told, 'drift_entries')).toMatchObject({ 'toolchain changed': 1 });
    expect(values(told, 'drift_since_timestamp_seconds')).toEqual({ toolchain: (noon - 60_000) / 1000 });
    expect(values(told, 'drift_cause')).toMatchObject({ 'toolchain unknown': 1, 'toolchain deployment': 0 });
    expect(values(told, 'drift_trace_info')).toEqual({ 'toolchain 0af7651916cd43dd8448eb211c80319c': 1 });
    expect(values(told, 'drift_entry_info')).toEqual({ 'toolchain toolchain.version 1.26.8 1.27.4': 1 });
    expect(values(told, 'conflict_info')).toEqual({ 'goenv-ignored minor': 1 });
    expect(values(told, 'conflicts')).toEqual({ patch: 0, minor: 1, major: 0 });
    expect(values(told, 'toolchain_download_pending')).toEqual({ '1.27.5': 1 });
    expect(values(told, 'facet_fingerprint')['env']).toBe(fingerprintNumber(quiet.fingerprint));
  });

  it('keeps the values of a collector some of whose rules could not be evaluated, and exports its failure', () => {
    const collectors = quiet.collectors.map((one) =>
      one.collector === 'env' ? { ...one, success: false, unjudged: true as const } : one,
    );
    const told = targetFamilies({ ...quiet, collectors });
    expect(values(told, 'collector_success')).toEqual({ toolchain: 1, env: 0, context: 1 });
    expect(values(told, 'drift_level')).toEqual({ toolchain: 0, env: 0, context: 0 });
  });
  it('withdraws the values of a failed collector, and says that it failed', () => {
    const collectors = quiet.collectors.map((one) =>
      one.collector === 'env' ? { ...one, success: false, why: 'EACCES' } : one,
    );
    const told = targetFamilies({ ...drifted, collectors });
    expect(values(told, 'collector_success')).toEqual({ toolchain: 1, env: 0, context: 1 });
    expect(values(told, 'collector_last_success_timestamp_seconds')).toHaveProperty('env', noon / 1000);
    expect(values(told, 'drift_level')).toEqual({ toolchain: 2, context: 0 });
    for (const gone of [
      'env_info',
      'env_required_missing',
      'env_disagreements',
      'conflicts',
      'conflict_info',
    ]) {
      expect(values(told, gone), gone).toEqual({});
    }
    // What was counted stays counted: a reset would look like a restart.
    expect(values(told, 'changes_total')).toHaveProperty('env minor', 0);
  });

  it.each(facets)('has no values of the collector %s while it fails, and those of all others', (failing) => {
    const collectors = facets.map((collector) => ({
      collector,
      success: collector !== failing,
      durationSeconds: 0.1,
    }));
    const state: TargetState = {
      ...quiet,
      collectors,
      facets: Object.fromEntries(facets.map((facet) => [facet, quietFacet(facet)])),
      modules: {
        modules: 400,
        source: 'go',
        state: 'complete',
        disagreements: 0,
        overrides: { patch: 1, minor: 0, major: 0 },
        extracted: { verified: 399, edited: 1, unverified: 0 },
      },
      cache: auditedCache,
      tools: { tools: [{ name: 'gopls', version: 'v0.20.0', goVersion: '1.25.0', behind: true }] },
    };
    const valuesOf = (collector: Facet) =>
      targetFamilies(state).flatMap(({ row, samples }) =>
        samples
          .filter(({ labels }) => isValueOf(collector, row.name, labels['facet']))
          .map(({ labels }) => [row.name, labels]),
      );
    expect(valuesOf(failing)).toEqual([]);
    for (const other of facets.filter((one) => one !== failing))
      expect(valuesOf(other), other).not.toEqual([]);
  });

  it('makes one series of equal label sets', () => {
    const told = targetFamilies({
      ...drifted,
      findings: [conflict('goflags-unknown', 'major', 'a'), conflict('goflags-unknown', 'major', 'b')],
    });
    expect(values(told, 'conflict_info')).toEqual({ 'goflags-unknown major': 1 });
    expect(values(told, 'conflicts')).toHaveProperty('major', 2);
  });

  it('shows the ten heaviest changes', () => {
    const changes = Array.from(
      { length: 30 },
      (_, index): EntryChange => ({
        facet: 'env',
        key: `env.V${index}`,
        actual: 'x',
        weight: index / 30,
        level: 'patch',
      }),
    );
    const env = {
      ...(quiet.facets.env as FacetState),
      drift: {
        level: 'patch',
        changeRatio: 1,
        semanticDistance: 1,
        added: 30,
        removed: 0,
        changed: 0,
        changes,
      },
    } as FacetState;
    const shown = Object.keys(values(targetFamilies({ ...quiet, facets: { env } }), 'drift_entry_info'));
    expect(shown).toHaveLength(10);
    expect(shown[0]).toContain('env.V29');
    expect(shown[9]).toContain('env.V20');
  });

  it(`keeps to ${seriesLimit} series in the worst case, and gives up no closed set and no major conflict for it`, () => {
    const told = targetFamilies(worst());
    expect(total(told)).toBe(seriesLimit);
    expect(Object.keys(values(told, 'drift_level'))).toHaveLength(6);
    expect(Object.keys(values(told, 'drift_entries'))).toHaveLength(18);
    expect(Object.keys(values(told, 'changes_total'))).toHaveLength(18);
    expect(Object.keys(values(told, 'conflicts'))).toHaveLength(3);
    expect(Object.keys(values(told, 'conflict_info')).every((one) => one.endsWith('major'))).toBe(true);
    expect(Object.values(values(told, 'env_required_missing')).every((value) => value === 1)).toBe(true);
    for (const { row, samples } of told) expect(samples.length, row.name).toBeLessThanOrEqual(row.bound);
  });

  it('exports every family with a target of the catalogue, from a complete state', () => {
    const told = new Set(
      targetFamilies({
        ...worst(),
        cache: auditedCache,
        exemptions: exemptEverywhere,
        rollbacks: rolledBack,
        ...(drifted.toolchain === undefined ? {} : { toolchain: drifted.toolchain }),
      }).map(({ row }) => row.name),
    );
    expect([...told].sort()).toEqual(
      metrics
        .filter(({ target }) => target)
        .map(({ name }) => name)
        .sort(),
    );
  });
});

/** A state with too many series of every kind. */
function worst(): TargetState {
  const states = facets.map(
    (facet): FacetState => ({
      facet,
      entries: 1000,
      fingerprint: quiet.fingerprint,
      drift: {
        level: 'major',
        changeRatio: 1,
        semanticDistance: 1,
        added: 9,
        removed: 9,
        changed: 9,
        changes: Array.from({ length: 50 }, (_, index) => ({
          facet,
          key: `${facet}.K${index}`,
          expected: 'a',
          actual: 'b',
          weight: 0.5,
          level: 'major' as const,
        })),
        cause: 'unknown' satisfies Cause,
        since: noon,
        traceId: '0'.repeat(32),
      },
    }),
  );
  return {
    ...drifted,
    tools: {
      tools: Array.from({ length: 90 }, (_, index) => ({
        name: `tool-${index}`,
        version: 'v1.0.0',
        goVersion: '1.26.8',
        behind: index > 80,
      })),
    },
    collectors: facets.map((collector) => ({
      collector,
      success: true,
      durationSeconds: 1,
      lastSuccess: noon,
    })),
    pins: Array.from({ length: 9 }, (_, index) => ({
      source: `pin ${index}`,
      rule: 'pin-config',
      kind: 'exact' as const,
      version: '1.26',
      path: '',
      line: 0,
      level: 'major' as const,
      deviation: [
        { part: 'major' as const, value: 1 },
        { part: 'minor' as const, value: -1 },
        { part: 'patch' as const, value: 3 },
      ],
    })),
    environment: Array.from({ length: 90 }, (_, index) => ({
      name: `GOVAR${index}`,
      value: 'x',
      origin: 'process',
    })),
    modules: {
      modules: 400,
      source: 'go',
      state: 'complete',
      disagreements: 1,
      overrides: { patch: 1, minor: 2, major: 3 },
      extracted: { verified: 1, edited: 2, unverified: 3 },
    },
    required: Array.from({ length: 30 }, (_, index) => ({ name: `NEED${index}`, missing: index % 2 === 1 })),
    facets: Object.fromEntries(states.map((state) => [state.facet, state])),
    findings: Array.from({ length: 60 }, (_, index) =>
      conflict(`rule-${index}`, index % 2 === 0 ? 'patch' : 'major'),
    ),
    counters: {
      changes: Object.fromEntries(facets.map((facet) => [facet, { patch: 1, minor: 1, major: 1 }])),
      lastChange: Object.fromEntries(facets.map((facet) => [facet, noon])),
    },
  };
}

describe('exporterFamilies', () => {
  it('exports every family without a target of the catalogue', () => {
    const state = { ...exporterState, outbox: { ...exporterState.outbox, oldest: noon } };
    const told = [...exporterFamilies(state, selfFacts, 'v20.19.0'), ...probeFamilies(quiet)];
    expect(told.map(({ row }) => row.name).sort()).toEqual(
      metrics
        .filter(({ target }) => !target)
        .map(({ name }) => name)
        .sort(),
    );
    expect(values(told, 'build_info')).toEqual({ '0.1.0 abc v20.19.0': 1 });
    expect(values(told, 'journal_head_info')).toEqual({ [`7 ${'f'.repeat(64)}`]: 1 });
  });

  it('leaves out unknown values', () => {
    const { openFds: _, ...facts } = selfFacts;
    const names = exporterFamilies({ ...exporterState, journal: { errors: 1 } }, facts, 'v20').map(
      ({ row }) => row.name,
    );
    for (const absent of ['journal_head_info', 'outbox_oldest_span_timestamp_seconds', 'process_open_fds'])
      expect(names).not.toContain(absent);
  });
});

describe('labelValue', () => {
  it('is bounded and well formed, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary', maxLength: 500 }), fc.string({ maxLength: 500 })),
        (text) => {
          const value = labelValue(text);
          expect(value.length).toBeLessThanOrEqual(labelLimit);
          expect(value.isWellFormed()).toBe(true);
          expect(value).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
        },
      ),
    );
  });

  it('leaves a plain value as it is, and marks a cut', () => {
    expect(labelValue('-ldflags="-s -w" \\ ü')).toBe('-ldflags="-s -w" \\ ü');
    expect(labelValue('a\nb\u0000\ud800')).toBe('a\\nb\\u0000\\ud800');
    expect(labelValue('x'.repeat(1_000_000))).toBe(`${'x'.repeat(labelLimit - 1)}…`);
    expect(labelValue(`${'x'.repeat(labelLimit - 2)}😀😀`)).toBe(`${'x'.repeat(labelLimit - 2)}…`);
  });
});
