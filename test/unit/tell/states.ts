/** States and journal records for the tests of this folder: small, complete, and changed where a test needs it. */

import type { Facet } from '../../../src/catalog/facets.ts';
import type { DriftRecord, ResolvedRecord } from '../../../src/drift/events.ts';
import { type CacheEntryKind, type CacheState, cacheEntryKinds } from '../../../src/drift/facets/cache.ts';
import type { Finding } from '../../../src/drift/model.ts';
import type { ProbableWriter } from '../../../src/drift/probable-writer.ts';
import type { ExporterState, FacetState, TargetState } from '../../../src/drift/state.ts';
import type { ProcessFacts } from '../../../src/host/self.ts';
import { idleOutbox } from '../../../src/tell/outbox/outbox.ts';

/** 2026-11-22T08:15:30.123Z */
export const noon = Date.UTC(2026, 10, 22, 8, 15, 30, 123);

export const selfFacts: ProcessFacts = {
  cpuSeconds: 1.5,
  residentBytes: 50_000_000,
  startTimeSeconds: noon / 1000 - 60,
  openFds: 20,
  watchLimit: 65_536,
  eventLoopDelayMaxSeconds: 0.004,
};

export const exporterState: ExporterState = {
  version: '0.1.0',
  revision: 'abc',
  config: { ok: true, loadedAt: noon, fingerprint: 'abcdef012345' },
  passes: 3,
  stateWritable: true,
  journal: { errors: 0, head: { seq: 7, hash: 'f'.repeat(64) }, intact: true },
  outbox: { ...idleOutbox, exported: 5 },
  eventLog: { written: 5, pending: 2, oldest: noon, errors: 1, dropped: 0 },
  alerts: {
    alertmanager: { accepted: 2, duplicate: 1, ignored: 3, refused: 0 },
    grafana: { accepted: 0, duplicate: 0, ignored: 0, refused: 1 },
    poll: { accepted: 0, duplicate: 0, ignored: 0, refused: 0 },
  },
  adminRefusals: { invalid: 1, unauthorized: 2, forbidden: 0, too_large: 0, unsupported: 0, busy: 0 },
  rollbacks: {
    breakerOpen: false,
    paused: false,
    bounds: [1, 5],
    durations: {
      applied: { counts: [1, 2, 0], sum: 6.5 },
      undone: { counts: [0, 0, 0], sum: 0 },
      failed: { counts: [0, 0, 1], sum: 9 },
    },
  },
  watcher: {
    watches: 4,
    failed: 0,
    events: 9,
    missed: 0,
    canary: { filesystem: '/', seen: 1_700_000_000_000 },
  },
  discovery: {
    limit: 200,
    found: 3,
    skipped: { limit: 0, name: 0 },
    incomplete: { unreadable: 0, names: 0, failed: 0 },
    lastSuccess: noon,
    appeared: 1,
    vanished: 0,
  },
};

const noDrift = {
  level: 'none',
  changeRatio: 0,
  semanticDistance: 0,
  added: 0,
  removed: 0,
  changed: 0,
  changes: [],
} as const;

/** A facet that agrees with its baseline. */
export function quietFacet(facet: Facet): FacetState {
  return { facet, entries: 3, fingerprint: `sha256:${'ab'.repeat(32)}`, drift: noDrift };
}

/** A drift of the toolchain from 1.26.8 to 1.27.4. */
export const driftedToolchain: FacetState = {
  ...quietFacet('toolchain'),
  drift: {
    level: 'minor',
    changeRatio: 0.25,
    semanticDistance: 0.5,
    added: 0,
    removed: 0,
    changed: 1,
    changes: [
      {
        facet: 'toolchain',
        key: 'toolchain.version',
        expected: '1.26.8',
        actual: '1.27.4',
        weight: 0.5,
        level: 'minor',
      },
    ],
    cause: 'unknown',
    since: noon - 60_000,
    traceId: '0af7651916cd43dd8448eb211c80319c',
  },
};

/** A healthy target. */
export const quiet: TargetState = {
  target: 'api',
  workspace: '/src/api',
  pool: 'ci',
  environmentSource: 'self',
  readable: { ok: true, reason: 'ok' },
  time: noon,
  collectors: (['toolchain', 'env', 'context'] as const).map((collector) => ({
    collector,
    success: true,
    durationSeconds: 0.012,
    lastSuccess: noon,
  })),
  toolchain: { version: '1.26.8', goos: 'linux', goarch: 'amd64', origin: 'local' },
  pins: [
    {
      source: 'go.mod',
      rule: 'pin-go-mod',
      kind: 'floor',
      version: '1.26',
      path: '/src/api/go.mod',
      line: 3,
      level: 'none',
      deviation: [
        { part: 'major', value: 0 },
        { part: 'minor', value: 0 },
      ],
    },
  ],
  environment: [{ name: 'GOFLAGS', value: '-trimpath', origin: 'goenv' }],
  required: [{ name: 'GOPRIVATE', missing: false }],
  disagreements: 0,
  facets: { toolchain: quietFacet('toolchain'), env: quietFacet('env'), context: quietFacet('context') },
  facetStatus: {
    toolchain: 'ok',
    env: 'ok',
    modules: 'not_evaluated',
    cache: 'not_evaluated',
    tools: 'not_evaluated',
    context: 'ok',
  },
  baseline: {
    kind: 'learned',
    source: 'learned',
    fingerprint: `sha256:${'cd'.repeat(32)}`,
    time: noon - 3_600_000,
  },
  entries: new Map(),
  fingerprint: `sha256:${'ab'.repeat(32)}`,
  findings: [],
  level: 'none',
  counters: { changes: { toolchain: { minor: 2 } }, lastChange: { toolchain: noon - 60_000 } },
};

/** A target with every exemption. */
export const exemptEverywhere: NonNullable<TargetState['exemptions']> = {
  whitelisted: true,
  deployment: { time: noon - 60_000, graceSeconds: 900 },
  waivedUntil: { toolchain: noon, env: noon, modules: noon, cache: noon, tools: noon, context: noon },
};

/** The same target with another toolchain and a conflict. */
export const drifted: TargetState = {
  ...quiet,
  toolchain: {
    version: '1.27.4',
    goos: 'linux',
    goarch: 'amd64',
    origin: 'local',
    downloadPending: '1.27.5',
  },
  facets: { ...quiet.facets, toolchain: driftedToolchain },
  findings: [
    {
      kind: 'drift',
      rule: 'changed',
      facet: 'toolchain',
      level: 'minor',
      key: 'toolchain.version',
      expected: '1.26.8',
      actual: '1.27.4',
      summary: 'toolchain.version was 1.26.8 and is 1.27.4',
    },
    conflict('goenv-ignored', 'minor'),
  ],
  level: 'minor',
};

export function conflict(rule: string, level: Finding['level'], key = 'env.GOFLAGS'): Finding {
  return {
    kind: 'conflict',
    rule,
    facet: 'env',
    level,
    key,
    summary: `${rule} holds`,
    repair: `undo ${rule}`,
  };
}

/** Who probably wrote a file of the facet `env`. */
export const probableWriter: ProbableWriter = {
  path: '/src/api/env',
  facets: ['env'],
  changed: noon,
  confidence: 'likely',
  how: 'open',
  program: 'ed',
  pid: 7,
  started: noon,
};

export const driftRecord: DriftRecord = {
  type: 'drift',
  event_id: 'e'.repeat(32),
  target: 'api',
  workspace: '/src/api',
  level: 'minor',
  facets: ['toolchain', 'env'],
  cause: 'unknown',
  change_ratio: 0.25,
  semantic_distance: 0.5,
  fingerprint_old: `sha256:${'cd'.repeat(32)}`,
  fingerprint_new: `sha256:${'ab'.repeat(32)}`,
  baseline_kind: 'pinned',
  signatures: { toolchain: '1'.repeat(64), env: '2'.repeat(64) },
  since: { toolchain: 1_795_417_200_500, env: 1_795_417_200_500 },
  changes: [
    {
      facet: 'toolchain',
      key: 'toolchain.version',
      expected: '1.26.8',
      actual: '1.27.4',
      weight: 0.5,
      level: 'minor',
      origin: { kind: 'file', path: '/src/api/go.mod', line: 3 },
    },
    {
      facet: 'env',
      key: 'env.GOFLAGS',
      actual: '-trimpath',
      weight: 0.5,
      level: 'minor',
      origin: { kind: 'process' },
    },
  ],
  entries_omitted: 0,
  start: noon,
  end: noon + 120,
  runs: [
    {
      collector: 'toolchain',
      facet: 'toolchain',
      start: noon,
      end: noon + 50,
      success: true,
      commands: [
        { executable: 'go', args: ['env', '-json', 'GOROOT'], start: noon + 5, end: noon + 25, exitCode: 0 },
      ],
    },
    {
      collector: 'env',
      facet: 'env',
      start: noon + 50,
      end: noon + 120,
      success: false,
      why: 'EACCES: permission denied',
      commands: [],
    },
  ],
  resource: { 'service.name': 'godrift', 'service.version': '0.1.0', 'host.name': 'builder' },
  version: '0.1.0',
  trace_id: '0af7651916cd43dd8448eb211c80319c',
  span_id: 'b7ad6b7169203331',
};

export const resolvedRecord: ResolvedRecord = {
  type: 'resolved',
  event_id: driftRecord.event_id,
  target: 'api',
  workspace: '/src/api',
  level: 'minor',
  facets: ['toolchain'],
  cause: 'unknown',
  fingerprint_old: driftRecord.fingerprint_old,
  fingerprint_new: driftRecord.fingerprint_old,
  baseline_kind: 'pinned',
  duration_s: 12.5,
  start: noon + 12_000,
  end: noon + 12_000,
  resource: driftRecord.resource,
  version: '0.1.0',
  trace_id: driftRecord.trace_id,
  parent_span_id: driftRecord.span_id,
  span_id: '00f067aa0ba902b7',
};

/** A build cache with complete audit results. */
export const auditedCache: CacheState = {
  path: '/home/u/.cache/go-build',
  content: {
    auditedAt: noon,
    bytes: 1_000_000,
    entries: Object.fromEntries(cacheEntryKinds.map((kind, index) => [kind, index])) as Record<
      CacheEntryKind,
      number
    >,
    corruptCount: 2,
    corrupt: [],
    irregular: [],
    reboundCount: 1,
    rebound: [],
    foreignCount: 3,
    foreignUids: [1000],
    unreadable: 1,
    oversized: 1,
    outputs: 40,
    verified: 30,
    fullySince: noon - 60_000,
    losses: { trim: noon - 1_000, clean: noon - 2_000, swap: noon - 3_000, removed: noon - 4_000 },
    trimmedAt: noon - 5_000,
  },
};

/** A target with every kind of rollback state. */
export const rolledBack: NonNullable<TargetState['rollbacks']> = {
  facets: Object.fromEntries(
    ['toolchain', 'env', 'modules', 'cache'].map((facet) => [
      facet,
      {
        results: { applied: 1, dry_run: 0, refused: 2, undone: 0, failed: 0 },
        lastStart: noon - 500,
        last: noon,
        quarantined: facet === 'env',
        confirmBy: noon + 60_000,
      },
    ]),
  ),
  waiting: 1,
};
