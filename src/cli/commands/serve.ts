/** `godrift serve`: the exporter from its start to its end. */
import process from 'node:process';
import type { TargetState } from '../../drift/state.ts';
import { systemClock } from '../../host/machine.ts';
import { exitAfter, onSignals } from '../../host/signals.ts';
import { addressSpec, type ListenSpec } from '../../tell/listen.ts';
import { createLog, type Logger } from '../../tell/log.ts';
import { createHistory } from '../../tell/status/history.ts';
import { outgoingOf } from '../outgoing.ts';
import { recoverHere } from '../rollback/perform.ts';
import { type Flags, readSettings, type Settings } from '../settings/settings.ts';
import { systemdSockets } from '../systemd-sockets.ts';
import type { Terminal } from '../terminal.ts';
import { version } from '../version.ts';
import { wireAdmin } from '../wire/admin.ts';
import { type AlertSources, openAlertSources } from '../wire/alert-sources.ts';
import { wireAlerts } from '../wire/alerts.ts';
import { announce } from '../wire/announce.ts';
import { askRollback } from '../wire/ask-rollback.ts';
import { type Changes, serialChanges } from '../wire/changes.ts';
import { confirmByCommand } from '../wire/confirm-by-command.ts';
import { keepConfirmations } from '../wire/confirmations.ts';
import type { Exporter, Parts } from '../wire/exporter.ts';
import type { KeptFile } from '../wire/kept-file.ts';
import { makePages, type Running } from '../wire/pages.ts';
import { openParts } from '../wire/parts.ts';
import { readAtStart } from '../wire/read-journal.ts';
import { type InForce, keepInForce } from '../wire/reload.ts';
import { keepStatusFiles } from '../wire/status-files.ts';
import { stopLimits, within } from '../wire/stop.ts';
import { openWebGates } from '../wire/web-gate.ts';

/**
 * Runs the exporter until a signal stops it. Returns 0, or 1 if records could not be written. Throws AppError
 * if it cannot start.
 */
export async function runServe(
  terminal: Terminal,
  flags: Flags,
  directories: readonly string[],
): Promise<number> {
  const read = () => readSettings(flags, terminal.env, directories, terminal.cwd);
  const settings = await read();
  const exporter: Exporter = {
    log: createLog(settings.logLevel, settings.logFormat, (line) => terminal.stderr.write(line)),
    history: createHistory(),
    config: { ok: true, loadedAt: systemClock() },
    settings,
    stopping: false,
  };
  const inForce = keepInForce(exporter, read);
  const place = { env: terminal.env, cwd: terminal.cwd };
  const changes = serialChanges(exporter);
  const { change } = changes;
  const decide = askRollback(exporter, change, place);
  const alerts = wireAlerts(exporter, decide);
  const admin = wireAdmin(exporter, { reload: inForce.reload, change, decide, alerts, place });
  const confirmations = keepConfirmations(exporter, change, place);
  const commands = confirmByCommand(exporter, change, terminal.env);
  exporter.remembered = () => {
    confirmations.look();
    commands.look();
  };
  const stop = new Promise<void>((resolve) => {
    const stopNow = () => {
      // Set at once, since a part that is still starting may hang too.
      exitAfter(stopLimits.exit);
      exporter.stopping = true;
      resolve();
    };
    onSignals({ stop: stopNow, reload: () => void inForce.reload() });
  });
  const parts = await openParts(exporter, terminal.env, admin);
  await recoverBefore(exporter, parts, terminal.env);
  exporter.parts = parts;
  readAtStart(exporter.log, parts);
  const running: Running = { exporter, parts, alerts, ...(await inForce.begin(parts)) };
  await run(running, { inForce, changes, env: terminal.env }, stop).finally(() => {
    confirmations.stop();
    commands.stop();
  });
  return lost(running);
}

/**
 * Undoes rollbacks that a crash interrupted, before the first pass. While nothing can be recorded this is
 * left to the next start.
 */
async function recoverBefore({ log }: Exporter, { store }: Parts, env: Terminal['env']): Promise<void> {
  const journal = store.journal();
  if (journal === undefined) return;
  const report = (problem: string) => log.warn({}, problem);
  for (const line of await recoverHere({ state: store.state, journal, now: systemClock, report }, { env }))
    log.warn({}, line);
}

/**
 * Returns where the metrics listener listens. Throws AppError if systemd should have passed sockets and did
 * not.
 */
function placesOf({ systemdSocket, listenAddresses }: Settings, env: Terminal['env']): readonly ListenSpec[] {
  return systemdSocket
    ? systemdSockets(env, process.pid)
    : listenAddresses.map((address) => addressSpec(address, '--web.listen-address'));
}

/** Serves and observes until `stop` resolves, then ends all parts within the limits of {@link stopLimits}. */
async function run(
  running: Running,
  {
    inForce,
    changes,
    env,
  }: { readonly inForce: InForce; readonly changes: Changes; readonly env: Terminal['env'] },
  stop: Promise<void>,
): Promise<void> {
  const { exporter, parts, loop, discovery, alerts } = running;
  const { settings, log } = exporter;
  const gates = await openWebGates(settings, log);
  const { listener, textfile } = makePages(running, placesOf(settings, env), gates);
  exporter.textfile = textfile;
  const statusFiles = keepStatusFiles(
    parts.store,
    () => loop.current().states(),
    () => parts.chain.intact(),
  );
  exporter.statusFiles = statusFiles;
  let asking: AlertSources | undefined;
  let announced: KeptFile | undefined;
  try {
    const { ports, addresses } = await listener.listen();
    announced = announce(exporter, addresses, gates);
    asking = await openAlertSources(exporter, alerts, changes.change, { gates, outgoing: outgoingOf(env) });
    const targets = discovery
      .targets()
      .map(({ name }) => name)
      .join(',');
    log.info({ port: ports[0], addresses: addresses.join(','), targets, version }, 'listening');
    const started = loop.start().then(() => {
      for (const state of loop.current().states()) tellFirst(exporter.log, state);
      parts.outbox?.kick();
      parts.eventLog?.kick();
      exporter.discovery?.start();
      void alerts.resume();
    });
    await Promise.race([stop, started.then(() => stop)]);
    // One last pass for the newest changes, as in a pod that ends together with its job.
    if (!(await within(stopLimits.last, loop.current().pass())))
      log.warn({}, 'the last pass did not end in time: the newest changes are not recorded');
  } finally {
    exporter.stopping = true;
    parts.canary.stop();
    const closed = Promise.all([listener.close(), asking?.stop()]);
    void exporter.discovery?.stop();
    // If a rollback is cut short all the same, the next start undoes it; an interrupted revert is continued
    // there.
    const changed = within(stopLimits.changes, changes.settled());
    await within(stopLimits.loop, Promise.all([loop.stop().then(inForce.settled), alerts.stop()]));
    parts.builds.pause();
    await within(
      stopLimits.audits,
      Promise.all([parts.audits.stop(), textfile?.stop(), announced?.stop(), statusFiles.stop()]),
    );
    await Promise.all([parts.outbox?.flush(stopLimits.outbox), parts.eventLog?.flush(stopLimits.outbox)]);
    await Promise.all([closed, changed]);
    // Last, since it releases the lock: nothing of this process may write afterwards.
    await within(stopLimits.store, parts.store.close());
  }
}

/**
 * Logs what the first pass saw of a target. An unreadable target is skipped: its problem is logged already.
 */
function tellFirst(log: Logger, state: TargetState): void {
  const { target, level, toolchain, findings, facetStatus } = state;
  if (facetStatus.toolchain === 'unreadable') return;
  const go = toolchain?.version ?? 'none';
  log.info({ target, level_of: level, go, findings: findings.length }, 'observed');
  if (toolchain !== undefined) return;
  const missing = findings.find(({ rule }) => rule === 'go-missing')?.summary;
  log.warn({ target }, missing ?? 'no go was found');
}

/** Logs the number of records that were never written. Returns the exit code: 1 if there are any, else 0. */
function lost({ exporter: { log }, parts: { store } }: Running): number {
  const records = store.unwritten();
  if (records > 0)
    log.error(
      { records, why: store.state.problem ?? store.unheld() ?? 'the exporter stopped first' },
      'records are lost: they could not be written before the stop',
    );
  log.info({}, 'stopped');
  // Work that was not awaited fails on the closed store; its messages would only confuse.
  log.level = 'silent';
  return records > 0 ? 1 : 0;
}
