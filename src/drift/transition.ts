/**
 * Computes what changed between two passes: the records for the journal, and the next memory. Pure: the same
 * memory and state give the same records, so nothing is recorded twice.
 */
import { type Facet, type Level, maxLevel } from '../catalog/facets.ts';
import { conventions } from '../catalog/spans.ts';
import { diffFacets, keysOf } from './compare.ts';
import { facetDrift } from './distance.ts';
import type { DriftRecord, ResolvedRecord } from './events.ts';
import type { CollectorRun } from './model.ts';
import { secretKeyOf } from './secret-entries.ts';
import { type Severity, severityOfDrift, severityOfLevel } from './severity.ts';
import type { Entries } from './snapshot.ts';
import type { Counters, FacetState, TargetState } from './state.ts';

/** A drift that is open. */
export interface OpenDrift {
  /** ms since the epoch. */
  readonly since: number;
  /** Digest of the differences: another digest means another drift. */
  readonly signature: string;
  readonly level: Level;
  readonly eventId: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Absent if an older version recorded it. */
  readonly severity?: Severity;
  /** `host.id` of the onset's span; the end gets the same, even if the host was renamed. */
  readonly hostId?: string;
}

/** The persisted memory of a target. */
export interface Memory {
  readonly open: Readonly<Partial<Record<Facet, OpenDrift>>>;
  readonly counters: Counters;
}

export const emptyMemory: Memory = { open: {}, counters: { changes: {}, lastChange: {} } };

/** The writer of records: constant during the life of a process. */
export interface Emitter {
  readonly resource: Readonly<Record<string, string>>;
  readonly version: string;
  /** Returns a new random id of that many bytes, in hex. */
  readonly randomId: (bytes: number) => string;
  readonly digest: (text: string) => string;
}

const hostIdKey = conventions.hostId;
const changesInRecord = 50; // contract §6: at most 50 span events

/**
 * Returns the digest of what differs in a facet; undefined if nothing does. For partly hidden values it
 * includes the keyed hash, so that another secret is another drift.
 */
function signatureOf(state: FacetState, entries: Entries, digest: Emitter['digest']): string | undefined {
  const changes = state.drift?.changes ?? [];
  // Changes that only follow from another facet are recorded with that facet.
  if (state.drift?.level === 'none') return undefined;
  const lines = changes
    .map(({ key, expected = '', actual = '' }) => {
      const secret = entries.get(secretKeyOf(key));
      return [key, expected, actual, ...(secret === undefined ? [] : [secret])].join('\u0000');
    })
    .sort();
  return digest(lines.join('\n'));
}

/**
 * Counts the changes since the last snapshot, by facet and level. A facet that was not observed before counts
 * no changes.
 */
export function countChanges(
  counters: Counters,
  before: ReadonlyMap<Facet, Entries> | undefined,
  after: ReadonlyMap<Facet, Entries>,
  time: number,
): Counters {
  const changes: Record<string, Record<string, number>> = structuredClone(counters.changes) as Record<
    string,
    Record<string, number>
  >;
  const lastChange: Record<string, number> = { ...counters.lastChange };
  const diffs = diffFacets(before ?? new Map(), after);
  const changedKeys = keysOf(diffs);
  for (const [facet, diff] of diffs) {
    if (diff.added.length + diff.removed.length + diff.changed.length === 0) continue;
    const { level } = facetDrift(diff, changedKeys);
    const counted = level === 'none' ? 'patch' : level;
    const row = changes[facet] ?? {};
    row[counted] = (row[counted] ?? 0) + 1;
    changes[facet] = row;
    lastChange[facet] = time;
  }
  return { changes, lastChange };
}

interface Changed {
  readonly state: FacetState;
  readonly signature: string;
}

/** Returns the open drifts after a drift record. */
function openedBy(open: Memory['open'], record: DriftRecord): Memory['open'] {
  const next: Partial<Record<Facet, OpenDrift>> = { ...open };
  const hostId = record.resource[hostIdKey];
  for (const facet of record.facets) {
    next[facet] = {
      since: record.since[facet] ?? record.end,
      signature: record.signatures[facet] ?? '',
      level: record.level,
      eventId: record.event_id,
      traceId: record.trace_id,
      spanId: record.span_id,
      severity: severityOfDrift(record),
      ...(hostId === undefined ? {} : { hostId }),
    };
  }
  return next;
}

/** Returns the open drifts after a resolved record. */
function closedBy(open: Memory['open'], record: ResolvedRecord): Memory['open'] {
  const next: Partial<Record<Facet, OpenDrift>> = { ...open };
  for (const facet of record.facets) if (next[facet]?.traceId === record.trace_id) delete next[facet];
  return next;
}

/**
 * Applies a journal line that was written after the memory was saved; needed after a crash, or if the memory
 * was lost. Lines of older versions have no counters.
 */
export function replay(memory: Memory, record: DriftRecord | ResolvedRecord): Memory {
  return {
    counters: record.counters ?? memory.counters,
    open: record.type === 'drift' ? openedBy(memory.open, record) : closedBy(memory.open, record),
  };
}

/** Returns the fields that both kinds of records have. */
function aboutState(state: TargetState) {
  return {
    target: state.target,
    workspace: state.workspace,
    fingerprint_old: state.baseline.fingerprint ?? '',
    fingerprint_new: state.fingerprint,
    baseline_kind: state.baseline.kind === 'pinned' ? ('pinned' as const) : ('learned' as const),
    counters: state.counters,
  };
}

function driftRecord(
  state: TargetState,
  drifted: readonly Changed[],
  open: Memory['open'],
  runs: readonly CollectorRun[],
  emitter: Emitter,
): DriftRecord {
  const changed = drifted.map((one) => one.state);
  const changes = changed
    .flatMap((facet) => facet.drift?.changes ?? [])
    .sort((a, b) => b.weight - a.weight || (a.key < b.key ? -1 : 1));
  const first = changed[0] as FacetState;
  const starts = runs.map((run) => run.start);
  const end = Math.max(state.time, ...runs.map((run) => run.end));
  return {
    type: 'drift',
    event_id: emitter.randomId(16),
    ...aboutState(state),
    level: changed.reduce<Level>((level, facet) => maxLevel(level, facet.drift?.level ?? 'none'), 'none'),
    facets: changed.map((facet) => facet.facet),
    cause: first.drift?.cause ?? 'unknown',
    change_ratio: Math.max(...changed.map((facet) => facet.drift?.changeRatio ?? 0)),
    semantic_distance: Math.max(...changed.map((facet) => facet.drift?.semanticDistance ?? 0)),
    signatures: Object.fromEntries(drifted.map((one) => [one.state.facet, one.signature])),
    since: Object.fromEntries(changed.map(({ facet }) => [facet, open[facet]?.since ?? end])),
    changes: changes.slice(0, changesInRecord),
    entries_omitted: Math.max(0, changes.length - changesInRecord),
    start: starts.length === 0 ? state.time : Math.min(...starts),
    end,
    runs,
    resource: emitter.resource,
    version: emitter.version,
    trace_id: emitter.randomId(16),
    span_id: emitter.randomId(8),
  };
}

/**
 * Returns the record for the end of a drift at `time` (ms). `why` is set if it ended without being known to
 * have healed.
 */
export function endOf(
  open: OpenDrift,
  facets: readonly Facet[],
  about: Pick<
    ResolvedRecord,
    'target' | 'workspace' | 'fingerprint_old' | 'fingerprint_new' | 'baseline_kind' | 'why' | 'counters'
  >,
  time: number,
  emitter: Emitter,
): ResolvedRecord {
  const { hostId, severity = severityOfLevel(open.level) } = open;
  return {
    type: 'resolved',
    event_id: open.eventId,
    level: open.level,
    severity,
    facets,
    cause: 'unknown',
    ...about,
    duration_s: Math.max(0, (time - open.since) / 1000),
    start: time,
    end: time,
    // Onset and end must have the same host, or a trace viewer takes the time between them for clock skew.
    resource: { ...emitter.resource, ...(hostId === undefined ? {} : { [hostIdKey]: hostId }) },
    version: emitter.version,
    trace_id: open.traceId,
    parent_span_id: open.spanId,
    span_id: emitter.randomId(8),
  };
}

/**
 * Compares a state with the open drifts. A facet that was not observed this time keeps its drift: a failed
 * collector resolves nothing.
 */
export function transition(
  memory: Memory,
  state: TargetState,
  runs: readonly CollectorRun[],
  emitter: Emitter,
): { readonly memory: Memory; readonly records: readonly (DriftRecord | ResolvedRecord)[] } {
  let open = memory.open;
  const changed: Changed[] = [];
  const ended = new Map<string, { open: OpenDrift; facets: Facet[] }>();
  for (const facet of Object.values(state.facets)) {
    // Without a baseline nothing can be compared, and open drifts stay open.
    if (facet.drift === undefined) continue;
    const signature = signatureOf(facet, state.entries, emitter.digest);
    const known = open[facet.facet];
    if (signature === undefined) {
      if (known === undefined) continue;
      const group = ended.get(known.traceId) ?? { open: known, facets: [] };
      group.facets.push(facet.facet);
      ended.set(known.traceId, group);
    } else if (known?.signature !== signature) {
      changed.push({ state: facet, signature });
    }
  }
  const records: (DriftRecord | ResolvedRecord)[] = [];
  for (const group of ended.values()) {
    const record = endOf(group.open, group.facets, aboutState(state), state.time, emitter);
    records.push(record);
    open = closedBy(open, record);
  }
  if (changed.length > 0) {
    const record = driftRecord(state, changed, open, runs, emitter);
    records.push(record);
    open = openedBy(open, record);
  }
  return { memory: { open, counters: state.counters }, records };
}
