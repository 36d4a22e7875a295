/**
 * What changed between two passes: the records that go into the journal, and what must be remembered. Pure: the same
 * memory and state give the same records, so nothing is told twice.
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

/** A drift that lasts. */
export interface OpenDrift {
  /** ms since the epoch. */
  readonly since: number;
  /** What differs, as a digest: another one is another drift. */
  readonly signature: string;
  readonly level: Level;
  readonly eventId: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Unknown for one that an older version found. */
  readonly severity?: Severity;
  /** `host.id` of the onset's span: the end is told under the same, whatever the host is called by then. */
  readonly hostId?: string;
}

/** What a target's past consists of; persisted. */
export interface Memory {
  readonly open: Readonly<Partial<Record<Facet, OpenDrift>>>;
  readonly counters: Counters;
}

export const emptyMemory: Memory = { open: {}, counters: { changes: {}, lastChange: {} } };

/** Who writes the records: constant during a process's life. */
export interface Emitter {
  readonly resource: Readonly<Record<string, string>>;
  readonly version: string;
  /** A new id of that many bytes, in hex. */
  readonly randomId: (bytes: number) => string;
  readonly digest: (text: string) => string;
}

const hostIdKey = conventions.hostId;
const changesInRecord = 50; // contract §6: at most 50 span events

/** What differs in a facet, as a digest; of a value that is partly hidden the keyed hash too, by which the next secret is another change. */
function signatureOf(state: FacetState, entries: Entries, digest: Emitter['digest']): string | undefined {
  const changes = state.drift?.changes ?? [];
  // What merely follows from a change in another facet is told there.
  if (state.drift?.level === 'none') return undefined;
  const lines = changes
    .map(({ key, expected = '', actual = '' }) => {
      const secret = entries.get(secretKeyOf(key));
      return [key, expected, actual, ...(secret === undefined ? [] : [secret])].join('\u0000');
    })
    .sort();
  return digest(lines.join('\n'));
}

/** Counts the changes since the last snapshot, by facet and level; a facet that was not observed before counts nothing. */
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

/** What is open after a drift was recorded. */
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

/** What is open after an end was recorded. */
function closedBy(open: Memory['open'], record: ResolvedRecord): Memory['open'] {
  const next: Partial<Record<Facet, OpenDrift>> = { ...open };
  for (const facet of record.facets) if (next[facet]?.traceId === record.trace_id) delete next[facet];
  return next;
}

/**
 * Brings a memory up to date with a line of the journal that was written after the memory was saved: a crash lies between, or the memory is
 * lost. Lines of older versions say nothing of what was counted.
 */
export function replay(memory: Memory, record: DriftRecord | ResolvedRecord): Memory {
  return {
    counters: record.counters ?? memory.counters,
    open: record.type === 'drift' ? openedBy(memory.open, record) : closedBy(memory.open, record),
  };
}

/** What both kinds of records say of a target. */
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

/** The end of a drift at `time` (ms); `why` where nobody knows whether it healed. */
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
    // Onset and end must come from one host, or a trace viewer takes the time between them for clock skew.
    resource: { ...emitter.resource, ...(hostId === undefined ? {} : { [hostIdKey]: hostId }) },
    version: emitter.version,
    trace_id: open.traceId,
    parent_span_id: open.spanId,
    span_id: emitter.randomId(8),
  };
}

/**
 * Compares a state with what was open. A facet that was not observed this time stays as it was: a collector that fails
 * resolves nothing.
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
    // Without a baseline nothing can be said, and nothing that was said is taken back.
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
