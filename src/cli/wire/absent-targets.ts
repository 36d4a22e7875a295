/**
 * Targets that are not observed any more: taken out of the configuration, or renamed. Nobody would ever tell the end of their drifts, so it is
 * told now, with the reason; should such a target come back, its drift is a new one.
 */
import type { Facet } from '../../catalog/facets.ts';
import type { DriftRecord } from '../../drift/events.ts';
import { type Emitter, endOf, type OpenDrift } from '../../drift/transition.ts';
import type { Clock } from '../../host/machine.ts';
import type { TargetSettings } from '../../observe/target.ts';
import { knownTargets } from '../../store/baselines.ts';
import { eventOf, journalDirectory, readJournal } from '../../store/journal.ts';
import type { Store } from '../../store/open.ts';
import { storeKey } from '../../store/peek.ts';
import { loadRemembered, memoryOf, saveRemembered, type TargetName } from '../memory.ts';

/** The targets that are observed, and the way to tell what is not any more. */
export interface Observing {
  readonly store: Store;
  readonly targets: readonly Pick<TargetSettings, 'name' | 'workspace'>[];
  readonly emitter: Emitter;
  readonly now: Clock;
  /** One line about what could not be read. */
  readonly report: (problem: string) => void;
}

/** Ends the open drifts of every target that is known and not observed. What cannot be read or written now is left for the next time. */
export async function endAbsent({ store, targets, emitter, now, report }: Observing): Promise<void> {
  if (store.journal() === undefined) return;
  const observed = new Set(targets.map(storeKey));
  for (const target of knownTargets(store.state.path)) {
    // What is not on the disk yet belongs to a target that may still come back as it was.
    if (observed.has(storeKey(target)) || store.waits(memoryOf(target))) continue;
    try {
      await endDrifts(target, reasonOf(target, targets), { store, emitter, now, report });
    } catch (error) {
      report(`${target.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function reasonOf({ workspace }: TargetName, targets: Observing['targets']): string {
  const now = workspace === '' ? undefined : targets.find((one) => one.workspace === workspace);
  return now === undefined
    ? 'the target is not observed any more'
    : `the target is not observed any more: its workspace is observed as ${now.name}`;
}

async function endDrifts(
  target: TargetName,
  why: string,
  { store, emitter, now, report }: Omit<Observing, 'targets'>,
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
  // Also where nothing was open: the next start need not read the journal for it again.
  const { learned: _learned, last: _last, ...kept } = { ...remembered, memory: { open: {}, counters } };
  await store.replace(memoryOf(target), ({ seq }) => saveRemembered(store.state, target, kept, seq));
}

type Onsets = ReadonlyMap<string, Partial<DriftRecord>>;

/** What the journal says of the onsets of drifts, by trace; one that was removed by retention is not there. */
async function onsetsOf(stateDirectory: string, traces: ReadonlyMap<string, unknown>): Promise<Onsets> {
  const found = new Map<string, Partial<DriftRecord>>();
  for await (const line of readJournal(journalDirectory(stateDirectory))) {
    const event = eventOf(line);
    if (event.type === 'drift' && traces.has(event.trace_id)) found.set(event.trace_id, event);
  }
  return found;
}
