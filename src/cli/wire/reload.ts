/** Keeps one configuration and one list of targets in force. Reloads and new target lists are serialised. */
import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../../catalog/errors.ts';
import { systemClock } from '../../host/machine.ts';
import { createSerial } from '../../host/serial.ts';
import type { Discovery } from '../../observe/discovery/discovery.ts';
import type { TargetSettings } from '../../observe/target.ts';
import { memoryOf } from '../memory.ts';
import { type RunningLoop, runningLoop } from '../running-loop.ts';
import type { Settings } from '../settings/settings.ts';
import { endAbsent } from './absent-targets.ts';
import { type DiscoveryWiring, wireDiscovery } from './discovery.ts';
import { type Exporter, observedBy, type Parts } from './exporter.ts';
import { reportTargetChanges, type TargetChangeRecorder } from './report-target-changes.ts';
import { makeScheduler } from './scheduler.ts';

/**
 * Reloads the configuration. Resolves to the reason of a failure, after which the old configuration stays in
 * force.
 */
export type Reload = () => Promise<string | undefined>;

/** Holds the configuration and the targets in force. */
export interface InForce {
  readonly reload: Reload;
  /**
   * Finds the targets of the first configuration and creates the loop over them, which is not started yet.
   */
  readonly begin: (parts: Parts) => Promise<{ readonly loop: RunningLoop; readonly discovery: Discovery }>;
  /**
   * Resolves when no reload is under way and all target changes are recorded. Called at a stop, when no
   * reload begins any more.
   */
  readonly settled: () => Promise<void>;
}

/** The settings that a reload cannot change, with their keys in the configuration. */
const fixedSettings = {
  stateDirectory: 'state_directory',
  listenAddresses: 'web.listen_address',
  systemdSocket: 'web.systemd_socket',
  webConfigFile: 'web.config.file',
  telemetryPath: 'web.telemetry_path',
  maxRequests: 'web.max_requests',
  disableExporterMetrics: 'web.disable_exporter_metrics',
  disabledCollectors: 'collector.disable',
  textfile: 'textfile',
  fileSd: 'file_sd',
  logFormat: 'log.format',
  unsentLimitBytes: 'journal.unsent_limit',
  eventLog: 'event_log',
  admin: 'admin',
} as const satisfies Partial<Record<keyof Settings, string>>;

const stops = () => new AppError('cannot reload', 'the exporter is stopping', 'start it again');

/** Throws AppError if the new configuration changes a setting that a reload cannot change. */
function refuseFixed(next: Settings, now: Settings): void {
  const names = Object.keys(fixedSettings) as (keyof typeof fixedSettings)[];
  const fixed = names.filter((name) => !isDeepStrictEqual(next[name], now[name]));
  if (fixed.length === 0) return;
  const changed = `${fixed.map((name) => fixedSettings[name]).join(' and ')} changed, which needs a restart`;
  throw new AppError('cannot reload', changed, 'restart godrift');
}

/** Ends the open drifts of stored targets that are no longer observed. */
async function endUnobserved(
  exporter: Exporter,
  { store, emitter }: Parts,
  discovery: Discovery,
): Promise<void> {
  const report = (problem: string) => exporter.log.warn({}, problem);
  const isObserved = observedBy(exporter);
  const isUnsure = ({ workspace }: Pick<TargetSettings, 'workspace'>) => discovery.mayHide(workspace);
  const targets = discovery.targets();
  await endAbsent({ store, targets, emitter, now: systemClock, isObserved, isUnsure, report });
}

/** Reports gone targets and the changes left over from a previous process, as far as a discovery can tell. */
interface GoneReport {
  readonly reportKnown: (parts: Parts, discovery: Discovery) => Promise<void>;
  /** Called after each search: reports what was unknown before. */
  readonly reportNew: (discovery: Discovery) => Promise<void>;
}

function reportGone(exporter: Exporter, changes: TargetChangeRecorder): GoneReport {
  /** The discoveries that had completed no search yet when `reportKnown` asked them. */
  const unsure = new WeakSet<Discovery>();
  const recordLeftover = async (discovery: Discovery) => {
    const isObserved = observedBy(exporter);
    await changes.recordLeftover(
      ({ target, workspace }) => isObserved({ name: target, workspace }),
      ({ workspace }) => discovery.mayHide(workspace),
    );
  };
  const reportKnown: GoneReport['reportKnown'] = async (parts, discovery) => {
    if (discovery.stats().lastSuccess === undefined) unsure.add(discovery);
    else unsure.delete(discovery);
    await endUnobserved(exporter, parts, discovery);
    await recordLeftover(discovery);
  };
  return {
    reportKnown,
    reportNew: async (discovery) => {
      const { parts } = exporter;
      if (parts !== undefined && unsure.has(discovery)) await reportKnown(parts, discovery);
      else await recordLeftover(discovery);
    },
  };
}

/**
 * Puts a configuration in force. Throws AppError if the search for targets fails or the exporter is stopping.
 */
async function takeOver(
  exporter: Exporter,
  next: Settings,
  wiring: DiscoveryWiring,
  { reportKnown }: GoneReport,
  { parts, loop }: { readonly parts: Parts; readonly loop: RunningLoop },
): Promise<void> {
  const found = wireDiscovery(next, wiring, exporter.discovery);
  exporter.coming = found;
  try {
    const looked = await found.first();
    await parts.store.retry();
    if (!looked || !(await loop.replace(makeScheduler(exporter, parts, next, found.targets())))) {
      void found.stop();
      throw looked ? stops() : new AppError('cannot reload', 'the search for targets failed', 'see the log');
    }
    void exporter.discovery?.stop();
    exporter.discovery = found;
  } finally {
    exporter.coming = undefined;
  }
  exporter.history.retain(found.targets().map(({ name }) => name));
  try {
    await reportKnown(parts, found);
  } finally {
    // Started last: a target found by a search meanwhile must not be reported as gone.
    found.start();
  }
}

/**
 * Creates the holder of the configuration in force. `read` reads the configuration; it throws AppError for an
 * invalid one.
 */
export function keepInForce(exporter: Exporter, read: () => Promise<Settings>): InForce {
  const { log, history, config } = exporter;
  const serial = createSerial();

  const changes = reportTargetChanges(log, () => exporter.parts?.store);
  const gone = reportGone(exporter, changes);
  const wiring: DiscoveryWiring = {
    log,
    known: () => exporter.loop?.current().handover().targets ?? new Map(),
    recordChanges: changes.record,
    looked: (from) =>
      serial(async () => {
        if (!exporter.stopping && from === exporter.discovery) await gone.reportNew(from);
      }).catch((error: unknown) => {
        log.warn({ what: String(error) }, 'cannot record target changes yet');
      }),
    followPlaces: async (difference) => await exporter.parts?.followPlaces(difference),
    retarget: (from, targets) =>
      serial(async () => {
        if (exporter.stopping || from !== exporter.discovery) return false;
        // Completes pending writes first: the state of a target that comes back must not be left half
        // forgotten.
        await exporter.parts?.store.retry();
        await exporter.loop?.retarget(targets);
        exporter.textfile?.changed();
        exporter.statusFiles?.changed();
        history.retain(targets.map(({ name }) => name));
        return true;
      }),
  };

  async function reload(): Promise<void> {
    if (exporter.stopping) throw stops();
    const next = await read();
    refuseFixed(next, exporter.settings);
    const { parts, loop } = exporter;
    if (parts !== undefined && loop !== undefined)
      await takeOver(exporter, next, wiring, gone, { parts, loop });
    exporter.settings = next;
    exporter.statusFiles?.changed();
    parts?.eventLog?.reopen();
    log.level = next.logLevel;
  }

  return {
    reload: () =>
      serial(async () => {
        try {
          await reload();
          Object.assign(config, { ok: true, loadedAt: systemClock() });
          log.info({ targets: exporter.discovery?.targets().length }, 'configuration reloaded');
          return undefined;
        } catch (error) {
          config.ok = false;
          const problem = error instanceof Error ? error.message : String(error);
          log.error({}, `${problem} (the old configuration stays in force)`);
          return problem;
        }
      }),
    async begin(parts) {
      const discovery = wireDiscovery(exporter.settings, wiring);
      exporter.discovery = discovery;
      await discovery.first();
      const scheduler = makeScheduler(exporter, parts, exporter.settings, discovery.targets());
      const loop = runningLoop(scheduler, ({ settings }) => parts.store.waits(memoryOf(settings)));
      exporter.loop = loop;
      await gone.reportKnown(parts, discovery);
      return { loop, discovery };
    },
    settled: () => serial(changes.stop),
  };
}
