/** Wires the pages that the exporter serves about itself and its targets, and the textfile. */
import process from 'node:process';
import type { ExporterState } from '../../drift/state.ts';
import { systemClock } from '../../host/machine.ts';
import { currentMountOf } from '../../host/mounts.ts';
import { measureSelf } from '../../host/self.ts';
import type { Discovery } from '../../observe/discovery/discovery.ts';
import { journalHead } from '../../store/journal.ts';
import type { ListenSpec } from '../../tell/listen.ts';
import { createListener } from '../../tell/listener.ts';
import { exporterFamilies } from '../../tell/metrics/exporter.ts';
import { createExposition, isOfProcess } from '../../tell/metrics/exposition.ts';
import { probeFamilies, targetFamilies } from '../../tell/metrics/samples.ts';
import { idleOutbox } from '../../tell/outbox/outbox.ts';
import { ourTextfile, textfile } from '../../tell/reports/textfile.ts';
import { pageFile } from '../own-files.ts';
import type { RunningLoop } from '../running-loop.ts';
import { revision, version } from '../version.ts';
import type { Alerts } from './alerts.ts';
import type { Exporter, Parts } from './exporter.ts';
import { type KeptFile, keepFile } from './kept-file.ts';
import { ownRollbacks, withRollbacks } from './rollback-states.ts';
import { warnOnce } from './warn-once.ts';
import type { WebGates } from './web-gate.ts';

/** An exporter whose parts all exist. */
export interface Running {
  readonly exporter: Exporter;
  readonly parts: Parts;
  readonly loop: RunningLoop;
  readonly discovery: Discovery;
  readonly alerts: Alerts;
}

/**
 * Returns whether the configuration in force is what the files contain, and since when. Covers the exporter's
 * configuration and the web configuration.
 */
function configOf({ config, settings }: Exporter, gates: WebGates | undefined): ExporterState['config'] {
  const { configFingerprint: fingerprint } = settings;
  const own = { ...config, ...(fingerprint === undefined ? {} : { fingerprint }) };
  if (gates === undefined) return own;
  const { ok, loadedAt } = gates.config.state();
  return { ...own, ok: config.ok && ok, loadedAt: Math.max(config.loadedAt, loadedAt) };
}

function stateOf(
  { exporter, parts, loop, discovery, alerts }: Running,
  filesystem: string,
  gates: WebGates | undefined,
): ExporterState {
  const { passes, watches, failed, events, missed, canarySeen } = loop.current().stats();
  const { store, outbox, eventLog } = parts;
  const journal = store.journal();
  const intact = parts.chain.intact();
  return {
    version,
    revision,
    config: configOf(exporter, gates),
    passes,
    stateWritable: store.writable(),
    journal: {
      errors: store.state.errors,
      ...(store.unwritten() === 0 ? {} : { unwritten: store.unwritten() }),
      ...(journal === undefined ? {} : { head: journalHead(journal) }),
      ...(intact === undefined ? {} : { intact }),
    },
    outbox: outbox?.stats() ?? idleOutbox,
    ...(eventLog === undefined ? {} : { eventLog: eventLog.stats() }),
    alerts: alerts.counts(),
    ...(exporter.adminRefusals === undefined ? {} : { adminRefusals: exporter.adminRefusals }),
    watcher: {
      watches,
      failed,
      events,
      missed,
      ...(canarySeen === undefined ? {} : { canary: { filesystem, seen: canarySeen } }),
    },
    discovery: (exporter.discovery ?? discovery).stats(),
    ...ownRollbacks(loop.current().states(), parts.rollbacks.known(), exporter.settings.rollback),
  };
}

/**
 * Creates the listener, which does not listen yet, and the textfile if one is configured, which is written
 * from now on.
 */
export function makePages(
  running: Running,
  places: readonly ListenSpec[],
  gates: WebGates | undefined,
): {
  readonly listener: ReturnType<typeof createListener>;
  readonly textfile: KeptFile | undefined;
} {
  const { exporter, loop } = running;
  const { settings, log, history } = exporter;
  const self = measureSelf();
  const remembered = withRollbacks();
  const { rollbacks } = running.parts;
  const states = () =>
    remembered(loop.current().states(), rollbacks.known(), exporter.settings.rollback, systemClock());
  const filesystem = currentMountOf(running.parts.store.state.path);
  const exporterState = () => stateOf(running, filesystem, gates);
  const ownFamilies = () => {
    const families = exporterFamilies(exporterState(), self(), process.version);
    return settings.disableExporterMetrics ? families.filter(({ row }) => !isOfProcess(row)) : families;
  };
  const exposition = createExposition(targetFamilies);
  /**
   * Separate from the page's exposition, since it holds one target at a time; each probe renders anew, about
   * one millisecond.
   */
  const probes = createExposition(targetFamilies);
  const listener = createListener(places, {
    telemetryPath: settings.telemetryPath,
    maxRequests: settings.maxRequests,
    states,
    exporter: exporterState,
    history,
    ready: () => loop.current().ready(),
    page: () => exposition.page(states(), ownFamilies()),
    probe: (target) => {
      const state = states().find((one) => one.target === target);
      if (state !== undefined) return probes.page([state], probeFamilies(state));
      return exporter.discovery?.targets().some(({ name }) => name === target) === true ? 'late' : undefined;
    },
    log: (message, fields) => log.error(fields, message),
    ...(gates === undefined ? {} : { gate: gates.metrics }),
  });
  if (settings.textfile === '') return { listener, textfile: undefined };
  const say = warnOnce(log);
  const file = keepFile(pageFile(settings.textfile), ourTextfile, {
    text: () => (loop.current().ready() ? textfile(states(), ownFamilies()) : undefined),
    intervalMs: () => exporter.settings.intervalMs,
    problem: (why) => say('textfile', why),
  });
  return { listener, textfile: file };
}
