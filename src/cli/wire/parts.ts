/**
 * Opens the parts of an exporter that exist before the first pass: the store, the readers of its journal and
 * the audits.
 */
import { AppError } from '../../catalog/errors.ts';
import { createBuildTable } from '../../host/build-table.ts';
import { randomHex, sha256Hex } from '../../host/digest.ts';
import type { LockServer } from '../../host/lock.ts';
import { systemClock } from '../../host/machine.ts';
import { createSerial } from '../../host/serial.ts';
import { systemTimer } from '../../host/timer.ts';
import { readAlone } from '../../store/first-reading.ts';
import { prepareGoFolders } from '../../store/go-folders.ts';
import { openStore } from '../../store/open.ts';
import { openSecretKey } from '../../store/secret-key.ts';
import type { Store } from '../../store/store.ts';
import { endpointConfigured } from '../../tell/outbox/endpoint.ts';
import { keepMemory } from '../../undo/keep-memory.ts';
import { exporterAudits } from '../audits.ts';
import { instanceResource } from '../instance.ts';
import type { Settings } from '../settings/settings.ts';
import { version } from '../version.ts';
import { keepCanary } from './canary.ts';
import { eventLogCursor, openEventLog } from './event-log.ts';
import { type Exporter, observedBy, type Parts } from './exporter.ts';
import { followDirectories } from './gone-targets.ts';
import { openOutbox, outboxCursor } from './outbox.ts';
import { learnAsks, watchChain } from './read-journal.ts';
import { recordedAccepts } from './recorded-accepts.ts';
import { whenReadable } from './when-readable.ts';

type Env = ReadonlyMap<string, string>;

/**
 * Opens the state directory with `server` as the socket of the lock. Throws AppError if another process holds
 * the lock.
 */
async function takeStore(settings: Settings, env: Env, server: LockServer): Promise<Store> {
  const store = await openStore(settings.stateDirectory, {
    now: systemClock,
    server,
    cursors: [
      ...(endpointConfigured(env) ? [outboxCursor] : []),
      ...(settings.eventLog === undefined ? [] : [eventLogCursor]),
    ],
  });
  if (!('busy' in store)) return store;
  throw new AppError(
    `cannot use state directory ${settings.stateDirectory}`,
    store.why,
    'stop the other process, or give this one another directory with --state-directory',
  );
}

/**
 * Opens all parts. If nothing can be recorded, that is logged and retried at each pass. Throws AppError if
 * another process holds the state directory.
 */
export async function openParts(exporter: Exporter, env: Env, server: LockServer): Promise<Parts> {
  const { log, settings } = exporter;
  const store = await takeStore(settings, env, server);
  const { state } = store;
  const unheld = store.unheld();
  if (unheld !== undefined)
    log.warn({ state_directory: settings.stateDirectory }, `nothing is recorded: ${unheld}`);
  const { key, problem } = await openSecretKey(state, systemClock(), {
    mayStandIn: unheld !== undefined,
  }).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  // If nothing can be recorded, the warning above already says why.
  if (problem !== undefined && unheld === undefined) log.warn({}, problem);
  const goFolders = unheld === undefined ? await prepareGoFolders(state) : undefined;
  const limit = settings.unsentLimitBytes;
  const outboxOf = whenReadable('spans', store, log, () => openOutbox(store, env, limit, log));
  const eventLogOf = whenReadable('events', store, log, () =>
    openEventLog(store, settings.eventLog, limit, log),
  );
  const recovering = createSerial();
  const emitter = { resource: instanceResource(key, env), version, randomId: randomHex, digest: sha256Hex };
  const parts: Parts = {
    store,
    outbox: await outboxOf(),
    eventLog: await eventLogOf(),
    emitter,
    followPlaces: followDirectories({
      store,
      emitter,
      now: systemClock,
      isObserved: observedBy(exporter),
      report: (problem) => log.warn({}, problem),
    }),
    secretKey: key,
    rollbacks: keepMemory(
      state,
      systemClock,
      (problem) => log.warn({}, problem),
      () => exporter.remembered?.(),
    ),
    chain: watchChain(exporter, store),
    asked: () => learnAsks(readAlone(state.path)),
    accepts: recordedAccepts(),
    canary: keepCanary(state, systemTimer, systemClock),
    goFolders,
    audits: exporterAudits(state, unheld === undefined, log, {
      everyMs: () => exporter.settings.intervalMs,
      changed: () => void exporter.loop?.current().pass(),
    }),
    builds: createBuildTable(systemTimer, () => void exporter.loop?.current().pass()),
    recover: () =>
      recovering(async () => {
        parts.eventLog?.kick();
        const isWhole =
          parts.outbox !== undefined && (settings.eventLog === undefined || parts.eventLog !== undefined);
        if (store.writable() && isWhole) return;
        await store.retry();
        parts.eventLog ??= await eventLogOf();
        parts.eventLog?.kick();
        parts.outbox ??= await outboxOf();
        parts.outbox?.kick();
      }),
  };
  return parts;
}
