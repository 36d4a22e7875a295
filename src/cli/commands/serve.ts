/** `godrift serve`: wires observation, memory, journal and everything that tells. */
import process from 'node:process';
import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../../catalog/errors.ts';
import type { BaselineRecord } from '../../drift/events.ts';
import type { ExporterState } from '../../drift/state.ts';
import type { StepRecord } from '../../drift/step-data.ts';
import type { Emitter } from '../../drift/transition.ts';
import { randomHex, sha256Hex } from '../../host/digest.ts';
import { readMachine, systemClock } from '../../host/machine.ts';
import { currentMountOf } from '../../host/mounts.ts';
import { measureSelf } from '../../host/self.ts';
import { exitAfter, onSignals } from '../../host/signals.ts';
import { systemTimer } from '../../host/timer.ts';
import type { Discovery } from '../../observe/discovery/discovery.ts';
import { createScheduler } from '../../observe/scheduler.ts';
import type { Scheduler } from '../../observe/scheduler-ports.ts';
import type { TargetSettings } from '../../observe/target.ts';
import { acceptBaseline } from '../../store/accept-baseline.ts';
import { type GoFolders, prepareGoFolders } from '../../store/go-folders.ts';
import { journalHead } from '../../store/journal.ts';
import { openStore, type Store } from '../../store/open.ts';
import { storeKey } from '../../store/peek.ts';
import {
  addWaiver,
  markDeployment,
  type Outcome,
  type Recorder,
  removeWaiver,
} from '../../store/record-exemption.ts';
import { instanceId, openSecretKey } from '../../store/secret-key.ts';
import { createAdminServer } from '../../tell/admin.ts';
import type { EventLog } from '../../tell/events/event-log.ts';
import { createExposition } from '../../tell/exposition.ts';
import { createHistory, type History } from '../../tell/history.ts';
import { createListener } from '../../tell/listener.ts';
import { createLog, type Logger } from '../../tell/log.ts';
import { endpointConfigured } from '../../tell/outbox/endpoint.ts';
import { idleOutbox, type Outbox } from '../../tell/outbox/outbox.ts';
import { textfile } from '../../tell/report/textfile.ts';
import { resourceAttributes } from '../../tell/resource.ts';
import { exporterFamilies, probeFamilies, targetFamilies } from '../../tell/samples.ts';
import { type ExporterAudits, exporterAudits } from '../audits.ts';
import { loadRemembered, memoryOf, saveLearned, saveRemembered } from '../memory.ts';
import { type RunningLoop, runningLoop } from '../running-loop.ts';
import { type Flags, readSettings, type Settings } from '../settings.ts';
import type { Terminal } from '../terminal.ts';
import { revision, version } from '../version.ts';
import { endAbsent } from '../wire/absent-targets.ts';
import { type DiscoveryWiring, wireDiscovery } from '../wire/discovery.ts';
import { eventLogCursor, openEventLog } from '../wire/event-log.ts';
import { followPlaces } from '../wire/gone-targets.ts';
import { openOutbox, outboxCursor } from '../wire/outbox.ts';
import { stopLimits, within } from '../wire/stop.ts';
import { keepTextfile, type Textfile } from '../wire/textfile.ts';
import { whenReadable } from '../wire/when-readable.ts';
import { makeWorkers } from '../workers.ts';

interface Parts {
  readonly log: Logger;
  readonly store: Store;
  /** Undefined while nothing can be recorded. */
  outbox: Outbox | undefined;
  /** Undefined as well where none is configured. */
  eventLog: EventLog | undefined;
  readonly emitter: Emitter;
  readonly history: History;
  readonly goFolders: GoFolders | undefined;
  readonly audits: ExporterAudits;
  readonly secretKey: Uint8Array;
  readonly accepts: ToldAccepts;
  /** The page as a file; undefined where none is asked for. */
  textfile: Textfile | undefined;
  readonly followPlaces: ReturnType<typeof followPlaces>;
  /** Writes what could not be written before; called at each pass. */
  readonly recover: () => Promise<void>;
}

/** Remembers what was said last under a name, so that a lasting problem is one line and not one a pass. */
function sayOnce(log: Logger): (name: string, problem: string | undefined) => void {
  const said = new Map<string, string>();
  return (name, problem) => {
    if (problem === undefined) {
      said.delete(name);
    } else if (said.get(name) !== problem) {
      said.set(name, problem);
      log.warn({ target: name }, problem);
    }
  };
}

/** Accepted baselines that this process recorded when they were accepted: the look that finds one is not to tell it again. */
interface ToldAccepts {
  readonly tell: (record: BaselineRecord) => void;
  readonly knows: (record: StepRecord) => boolean;
}

/** A look that began before may still find the one before the newest; looks end within minutes. */
const mostToldAccepts = 1000;

function toldAccepts(): ToldAccepts {
  const told = new Set<string>();
  const keyOf = (record: BaselineRecord) =>
    `${storeKey({ ...record, name: record.target })}\0${record.taken}`;
  return {
    tell: (record) => {
      told.add(keyOf(record));
      for (const oldest of [...told].slice(0, -mostToldAccepts)) told.delete(oldest);
    },
    knows: (record) => record.type === 'baseline' && record.kind === 'accepted' && told.has(keyOf(record)),
  };
}

/** Runs what it is given one after the other. */
function inTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
}

function makeScheduler(settings: Settings, targets: readonly TargetSettings[], parts: Parts): Scheduler {
  const { log, store, emitter, goFolders, audits, secretKey, accepts } = parts;
  const { state } = store;
  const say = sayOnce(log);
  const workers = makeWorkers(
    {
      stateDirectory: state.path,
      machine: readMachine(),
      whitelist: settings.whitelist,
      resource: emitter.resource,
      version: emitter.version,
      secretKey,
      ...(goFolders === undefined ? {} : { goFolders }),
    },
    audits,
  );
  return createScheduler(targets, settings.intervalMs, {
    mountOf: currentMountOf,
    clock: systemClock,
    timer: systemTimer,
    emitter,
    startWorker: workers.start,
    live: workers.live,
    load: (target) =>
      loadRemembered(state, target, systemClock(), (problem) => log.warn({ target: target.name }, problem)),
    save: (target, kept) =>
      store.replace(memoryOf(target), ({ seq }) => saveRemembered(state, target, kept, seq)),
    append: async (record, kept) => {
      if (accepts.knows(record)) return;
      log.info(
        {
          target: record.target,
          type: record.type,
          ...('level' in record ? { level_of: record.level, facets: record.facets.join(',') } : {}),
        },
        record.type,
      );
      const named = { name: record.target, workspace: record.workspace };
      // A line that says that something was learned is true once that is stored.
      const first =
        record.type === 'baseline' && record.kind === 'learned' && kept !== undefined
          ? () => saveLearned(state, named, kept)
          : undefined;
      if (!(await store.keep(record, memoryOf(named), first)))
        log.error({ target: record.target }, 'not recorded: too much waits for the disk already');
      say('journal', state.problem);
      parts.outbox?.kick();
      parts.eventLog?.kick();
    },
    problem: (target, name, problem) => say(name === 'exemptions' ? name : `${target.name}/${name}`, problem),
    observed: (seen) => {
      parts.history.record(seen);
      parts.textfile?.changed();
      void parts.recover();
    },
    log: (level, message, fields) => log[level](fields ?? {}, message),
  });
}

/** Tells the end of what nobody looks at any more. */
async function endUnobserved({ store, emitter, log }: Parts, discovery: Discovery): Promise<void> {
  const report = (problem: string) => log.warn({}, problem);
  const isUnsure = ({ workspace }: Pick<TargetSettings, 'workspace'>) => discovery.mayHide(workspace);
  await endAbsent({ store, targets: discovery.targets(), emitter, now: systemClock, isUnsure, report });
}

/** What a reload cannot change. */
const fixedSettings = [
  'stateDirectory',
  'listenAddress',
  'telemetryPath',
  'textfile',
  'logFormat',
  'unsentLimitBytes',
  'eventLog',
] as const;

/** Runs until a signal; returns 0, or 1 when records could not be written. Throws AppError for what keeps it from starting. */
export async function runServe(
  terminal: Terminal,
  flags: Flags,
  directories: readonly string[],
): Promise<number> {
  let settings = await readSettings(flags, terminal.env, directories, terminal.cwd);
  const log = createLog(settings.logLevel, settings.logFormat, (line) => terminal.stderr.write(line));
  const config = { ok: true, loadedAt: systemClock() };

  let stopped: () => void = () => {};
  let stopping = false;
  const stop = new Promise<void>((resolve) => {
    stopped = () => {
      // From here on, for what is being started may hang too.
      exitAfter(stopLimits.exit);
      stopping = true;
      resolve();
    };
  });
  let running: RunningLoop | undefined;
  let parts: Parts | undefined;
  let discovery: Discovery | undefined;
  /** Puts a configuration in force. Throws AppError where it cannot be. */
  const takeOver = async (next: Settings, using: Parts, loop: RunningLoop) => {
    const found = wireDiscovery(next, wiring, discovery);
    const looked = await found.first();
    if (!looked || !(await loop.replace(makeScheduler(next, found.targets(), using)))) {
      void found.stop();
      throw looked
        ? new AppError('cannot reload', 'the exporter stops', 'start it again')
        : new AppError('cannot reload', 'looking for targets failed', 'see the log');
    }
    void discovery?.stop();
    discovery = found;
    found.start();
    using.history.retain(found.targets().map(({ name }) => name));
    await endUnobserved(using, found);
  };
  const reloadNow = async (): Promise<string | undefined> => {
    try {
      if (stopping) throw new AppError('cannot reload', 'the exporter stops', 'start it again');
      const next = await readSettings(flags, terminal.env, directories, terminal.cwd);
      const fixed = fixedSettings.filter((key) => !isDeepStrictEqual(next[key], settings[key]));
      if (fixed.length > 0) {
        throw new AppError(
          'cannot reload',
          `${fixed.join(' and ')} changed, which needs a restart`,
          'restart godrift',
        );
      }
      if (parts !== undefined && running !== undefined) await takeOver(next, parts, running);
      settings = next;
      parts?.eventLog?.reopen();
      log.level = next.logLevel;
      Object.assign(config, { ok: true, loadedAt: systemClock() });
      log.info({ targets: discovery?.targets().length }, 'configuration reloaded');
      return undefined;
    } catch (error) {
      config.ok = false;
      const problem = error instanceof Error ? error.message : String(error);
      log.error({}, `${problem} (the old configuration stays in force)`);
      return problem;
    }
  };

  /** One reload after the other, however many ask. */
  const reloads = inTurns();
  const reload = () => reloads(reloadNow);
  const wiring: DiscoveryWiring = {
    log,
    known: () => running?.current().handover().targets ?? new Map(),
    keep: async (record) => (await parts?.store.keep(record)) ?? false,
    followPlaces: async (difference) => await parts?.followPlaces(difference),
    retarget: (from, targets) =>
      reloads(async () => {
        if (stopping || from !== discovery) return false;
        await running?.retarget(targets);
        parts?.textfile?.changed();
        parts?.history.retain(targets.map(({ name }) => name));
        return true;
      }),
  };

  /** One exemption or accepted baseline after the other, and then a pass, so that the answer is true when it is given. */
  const changes = inTurns();
  const exempt = async <T>(write: (recorder: Recorder) => Promise<Outcome<T>>): Promise<Outcome<T>> => {
    const outcome = await changes(async (): Promise<Outcome<T>> => {
      const journal = parts?.store.journal();
      if (parts === undefined || journal === undefined)
        return { ok: false, status: 503, problem: parts?.store.unheld() ?? 'the exporter still starts' };
      const report = (problem: string) => log.warn({}, problem);
      return await write({ state: parts.store.state, journal, now: systemClock, report });
    });
    if (outcome.ok) await running?.current().pass();
    return outcome;
  };
  const admin = createAdminServer({
    version,
    states: () => running?.current().states() ?? [],
    settings: () => discovery?.targets() ?? [],
    reload,
    markDeployment: (body) => exempt((recorder) => markDeployment(recorder, body)),
    addWaiver: (body) => exempt((recorder) => addWaiver(recorder, body)),
    acceptBaseline: (body) =>
      exempt((recorder) => acceptBaseline(recorder, body, (record) => parts?.accepts.tell(record))),
    removeWaiver: (id, who) => exempt((recorder) => removeWaiver(recorder, id, who)),
  });
  onSignals({ stop: stopped, reload: () => void reload() });
  const store = await openStore(settings.stateDirectory, {
    now: systemClock,
    server: admin,
    cursors: [
      ...(endpointConfigured(terminal.env) ? [outboxCursor] : []),
      ...(settings.eventLog === undefined ? [] : [eventLogCursor]),
    ],
  });
  if ('busy' in store) {
    throw new AppError(
      `cannot use state directory ${settings.stateDirectory}`,
      store.why,
      'stop the other one, or give this one its own with --state-directory',
    );
  }
  const { state } = store;
  const unheld = store.unheld();
  if (unheld !== undefined)
    log.warn({ state_directory: settings.stateDirectory }, `nothing is recorded: ${unheld}`);
  const machine = readMachine();
  const { key } = await openSecretKey(state, systemClock());
  const resource = resourceAttributes({
    version,
    instanceId: instanceId(key),
    hostname: machine.hostname,
    arch: machine.arch,
    os: machine.platform,
    env: terminal.env,
  });
  const goFolders = unheld === undefined ? await prepareGoFolders(state) : undefined;
  const limit = settings.unsentLimitBytes;
  const outboxOf = whenReadable('spans', store, log, () => openOutbox(store, terminal.env, limit, log));
  const eventLogOf = whenReadable('events', store, log, () =>
    openEventLog(store, settings.eventLog, limit, log),
  );
  const recovering = inTurns();
  const emitter = { resource, version, randomId: randomHex, digest: sha256Hex };
  parts = {
    log,
    store,
    followPlaces: followPlaces({
      store,
      emitter,
      now: systemClock,
      report: (problem) => log.warn({}, problem),
    }),
    outbox: await outboxOf(),
    eventLog: await eventLogOf(),
    recover: () =>
      recovering(async () => {
        if (parts === undefined) return;
        parts.eventLog?.kick();
        const reads =
          parts.outbox !== undefined && (settings.eventLog === undefined || parts.eventLog !== undefined);
        if (store.writable() && reads) return;
        await store.retry();
        parts.eventLog ??= await eventLogOf();
        parts.eventLog?.kick();
        parts.outbox ??= await outboxOf();
        parts.outbox?.kick();
      }),
    emitter,
    history: createHistory(),
    secretKey: key,
    accepts: toldAccepts(),
    goFolders,
    textfile: undefined,
    audits: exporterAudits(state, unheld === undefined, log, {
      everyMs: () => settings.intervalMs,
      changed: () => void running?.current().pass(),
    }),
  };
  const found = wireDiscovery(settings, wiring);
  discovery = found;
  await found.first();
  const loops = runningLoop(makeScheduler(settings, found.targets(), parts), (known) =>
    store.waits(memoryOf(known.settings)),
  );
  running = loops;
  await endUnobserved(parts, found);

  const exporterState = (): ExporterState => {
    const { passes, watches, events, missed } = loops.current().stats();
    const journal = store.journal();
    return {
      version,
      revision,
      config,
      passes,
      stateWritable: store.writable(),
      journal: { errors: state.errors, ...(journal === undefined ? {} : { head: journalHead(journal) }) },
      outbox: parts?.outbox?.stats() ?? idleOutbox,
      ...(parts?.eventLog === undefined ? {} : { eventLog: parts.eventLog.stats() }),
      watcher: { watches, events, missed },
      discovery: (discovery ?? found).stats(),
    };
  };
  const self = measureSelf();
  const exposition = createExposition(targetFamilies);
  /** Has one target at a time: a probe is made anew, which costs a millisecond. */
  const probes = createExposition(targetFamilies);
  const listener = createListener(settings.listenAddress, {
    telemetryPath: settings.telemetryPath,
    states: () => running?.current().states() ?? [],
    exporter: exporterState,
    history: parts.history,
    ready: () => loops.current().ready(),
    page: () =>
      exposition.page(
        running?.current().states() ?? [],
        exporterFamilies(exporterState(), self(), process.version),
      ),
    probe: (target) => {
      const state = loops
        .current()
        .states()
        .find((one) => one.target === target);
      if (state !== undefined) return probes.page([state], probeFamilies(state));
      return discovery?.targets().some(({ name }) => name === target) === true ? 'late' : undefined;
    },
    log: (message, fields) => log.error(fields, message),
  });
  const told = sayOnce(log);
  parts.textfile =
    settings.textfile === ''
      ? undefined
      : keepTextfile(settings.textfile, {
          page: () => {
            const { ready, states } = loops.current();
            const own = exporterFamilies(exporterState(), self(), process.version);
            return ready() ? textfile(states(), own) : undefined;
          },
          intervalMs: () => settings.intervalMs,
          problem: (why) => told('textfile', why),
        });

  try {
    const { port } = await listener.listen();
    log.info(
      {
        port,
        targets: found
          .targets()
          .map(({ name }) => name)
          .join(','),
        version,
      },
      'listening',
    );
    const started = loops.start().then(() => {
      for (const one of running?.current().states() ?? []) {
        log.info(
          {
            target: one.target,
            level_of: one.level,
            go: one.toolchain?.version ?? 'none',
            findings: one.findings.length,
          },
          'observed',
        );
        if (one.toolchain === undefined)
          log.warn(
            { target: one.target },
            one.findings.find((finding) => finding.rule === 'go-missing')?.summary ?? 'no go was found',
          );
      }
      parts?.outbox?.kick();
      parts?.eventLog?.kick();
      discovery?.start();
    });
    await Promise.race([stop, started.then(() => stop)]);
  } finally {
    stopping = true;
    const closed = listener.close();
    void discovery?.stop();
    await within(
      stopLimits.loop,
      loops.stop().then(() => reloads(async () => {})),
    );
    await within(stopLimits.audits, Promise.all([parts.audits.stop(), parts.textfile?.stop()]));
    await Promise.all([parts.outbox?.flush(stopLimits.outbox), parts.eventLog?.flush(stopLimits.outbox)]);
    await closed;
    // The lock goes with it, last: nothing of this process writes any more.
    await within(stopLimits.store, store.close());
  }
  const records = store.unwritten();
  if (records > 0)
    log.error(
      { records, why: store.state.problem ?? store.unheld() },
      'records are lost: they could not be written before the stop',
    );
  log.info({}, 'stopped');
  return records > 0 ? 1 : 0;
}
