/** Wires the loop over the targets to its workers, the stored memory of each target and the journal. */
import type { StepRecord } from '../../drift/step-data.ts';
import { readMachine, systemClock } from '../../host/machine.ts';
import { currentMountOf } from '../../host/mounts.ts';
import { systemTimer } from '../../host/timer.ts';
import { createScheduler } from '../../observe/loop/scheduler.ts';
import type { Scheduler } from '../../observe/loop/scheduler-ports.ts';
import type { PersistedMemory } from '../../observe/loop/worker-messages.ts';
import type { TargetSettings } from '../../observe/target.ts';
import { storeKey } from '../../store/peek.ts';
import type { Store } from '../../store/store.ts';
import { saveLastSnapshot, snapshotFingerprint } from '../../store/target-files.ts';
import { loadRemembered, memoryOf, saveLearned, saveRemembered, snapshotOf } from '../memory.ts';
import type { Settings } from '../settings/settings.ts';
import { makeWorkers } from '../workers.ts';
import type { Exporter, Parts } from './exporter.ts';
import { followWritable } from './follow-writable.ts';
import { logUnreadable } from './log-unreadable.ts';
import { recordAndLog } from './record.ts';
import { warnOnce } from './warn-once.ts';

/** Creates the loop for a configuration, not started yet. */
export function makeScheduler(
  exporter: Exporter,
  parts: Parts,
  settings: Settings,
  targets: readonly TargetSettings[],
): Scheduler {
  const { log, history } = exporter;
  const { store, emitter, goFolders, audits, builds, secretKey } = parts;
  // The search for builds begins again with the first target that asks for one; the new configuration may
  // have none.
  builds.pause();
  const { state } = store;
  const say = warnOnce(log);
  const sayBlind = logUnreadable(log);
  const followState = followWritable(log, store);
  const workers = makeWorkers(
    {
      stateDirectory: state.path,
      machine: readMachine(),
      whitelist: settings.whitelist,
      disabledCollectors: settings.disabledCollectors,
      resource: emitter.resource,
      version: emitter.version,
      secretKey,
      ...(goFolders === undefined ? {} : { goFolders }),
    },
    audits,
    builds,
  );
  return createScheduler(targets, settings.intervalMs, {
    mountOf: currentMountOf,
    clock: systemClock,
    timer: systemTimer,
    canaryChanged: parts.canary.changed,
    emitter,
    startWorker: workers.start,
    live: workers.live,
    load: (target) =>
      loadRemembered(state, target, systemClock(), (problem) => log.warn({ target: target.name }, problem)),
    save: (target, kept) =>
      store.replace(memoryOf(target), ({ seq }) => saveRemembered(state, target, kept, seq)),
    append: async (record, kept) => {
      await append(exporter, parts, record, kept);
      followState();
    },
    problem: (target, name, problem) => say(name === 'exemptions' ? name : `${target.name}/${name}`, problem),
    observed: (seen) => {
      sayBlind(seen);
      history.record(seen);
      exporter.textfile?.changed();
      exporter.statusFiles?.changed();
      followState();
      void parts.recover();
      void parts.chain.look();
    },
    log: (level, message, fields) => log[level](fields ?? {}, message),
  });
}

/** Journals and logs an event of a step, and wakes the readers of the journal. */
async function append(
  { log }: Exporter,
  { store, accepts, outbox, eventLog, rollbacks }: Parts,
  record: StepRecord,
  kept: PersistedMemory | undefined,
): Promise<void> {
  if (accepts.has(record)) return;
  const { target } = record;
  const levels = 'level' in record ? { level_of: record.level, facets: record.facets.join(',') } : {};
  const named = { name: target, workspace: record.workspace };
  // A learned baseline is stored before its journal line, so that the line is true.
  const first =
    record.type === 'baseline' && record.kind === 'learned' && kept !== undefined
      ? () => saveLearned(store.state, named, kept)
      : undefined;
  const said = { target, message: record.type, fields: { type: record.type, ...levels } };
  await recordAndLog(log, store, said, async () =>
    store.keep(await counted(store, record, kept), memoryOf(named), first),
  );
  outbox?.kick();
  eventLog?.kick();
  // The guards of rollbacks depend on the drifts that the memory knows.
  void rollbacks.catchUp().catch(() => {});
}

/**
 * Adds to a record the fingerprint of the snapshot up to which its counters count, and stores that snapshot
 * first. After a kill behind the line the snapshot is there for the next comparison; a kill before it loses
 * nothing, since the older snapshot is removed only when the memory is saved.
 */
async function counted(
  store: Store,
  record: StepRecord,
  kept: PersistedMemory | undefined,
): Promise<StepRecord> {
  const last = kept?.last;
  if (record.type === 'baseline' || last === undefined) return record;
  const named = { name: record.target, workspace: record.workspace };
  await store.replace(snapshotOf(named), () => saveLastSnapshot(store.state, storeKey(named), last));
  return { ...record, counted_snapshot: snapshotFingerprint(last) };
}
