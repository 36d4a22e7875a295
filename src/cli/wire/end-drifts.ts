/** Records in the journal that the drifts of a target ended because the target is no longer observed. */
import type { Facet } from '../../catalog/facets.ts';
import type { DriftRecord } from '../../drift/events.ts';
import { formatSnapshot } from '../../drift/snapshot.ts';
import { type Emitter, endOf, type OpenDrift } from '../../drift/transition.ts';
import type { Clock } from '../../host/machine.ts';
import { eventOf, journalDirectory, readJournal } from '../../store/journal.ts';
import type { TargetName } from '../../store/peek.ts';
import type { Store } from '../../store/store.ts';
import { loadRemembered, memoryOf, saveRemembered } from '../memory.ts';

/** What is needed to record the end of a drift. */
export interface DriftEndPorts {
  readonly store: Store;
  readonly emitter: Emitter;
  readonly now: Clock;
  /** Receives one line about a file that could not be read. */
  readonly report: (problem: string) => void;
}

/**
 * Journals the end of every open drift of a target with the reason `why`, then stores a memory without open
 * drifts. Throws what {@link loadRemembered} throws.
 */
export async function endDrifts(
  target: TargetName,
  why: string,
  { store, emitter, now, report }: DriftEndPorts,
): Promise<void> {
  const remembered = await loadRemembered(store.state, target, now(), report);
  const { open, counters } = remembered.memory;
  const groups = new Map<string, { readonly open: OpenDrift; readonly facets: Facet[] }>();
  for (const [facet, drift] of Object.entries(open)) {
    const group = groups.get(drift.traceId) ?? { open: drift, facets: [] };
    group.facets.push(facet as Facet);
    groups.set(drift.traceId, group);
  }
  const onsets: Onsets = groups.size === 0 ? new Map() : await onsetsOf(store.state.path, groups);
  for (const [traceId, group] of groups) {
    const {
      fingerprint_old = '',
      fingerprint_new = '',
      baseline_kind = 'learned',
    } = onsets.get(traceId) ?? {};
    const facts = { fingerprint_old, fingerprint_new, baseline_kind, why, counters };
    const about = { target: target.name, workspace: target.workspace, ...facts };
    await store.keep(endOf(group.open, group.facets, about, now(), emitter));
  }
  // Saved even if nothing was open, so that the next start need not read the journal for this target again.
  const { learned: _learned, last, ...known } = { ...remembered, memory: { open: {}, counters } };
  const kept = { ...known, ...(last === undefined ? {} : { last: formatSnapshot(last, now()) }) };
  await store.replace(memoryOf(target), ({ seq }) => saveRemembered(store.state, target, kept, seq));
}

type Onsets = ReadonlyMap<string, Partial<DriftRecord>>;

/**
 * Finds the journal's `drift` events by trace id. An event that retention has removed is missing from the
 * result.
 */
async function onsetsOf(stateDirectory: string, traces: ReadonlyMap<string, unknown>): Promise<Onsets> {
  const found = new Map<string, Partial<DriftRecord>>();
  for await (const line of readJournal(journalDirectory(stateDirectory))) {
    const event = eventOf(line);
    if (event.type === 'drift' && traces.has(event.trace_id)) found.set(event.trace_id, event);
  }
  return found;
}
