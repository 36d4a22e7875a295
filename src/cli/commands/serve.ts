/** `godrift serve`: wires observation, memory, journal and everything that tells. */
import process from 'node:process';
import { AppError } from '../../catalog/errors.ts';
import { readsCommitted } from '../../drift/choose-baseline.ts';
import { exemptionsOf } from '../../drift/exemptions.ts';
import type { ExporterState } from '../../drift/state.ts';
import type { Emitter } from '../../drift/transition.ts';
import { randomHex, sha256Hex } from '../../host/digest.ts';
import { readMachine, systemClock } from '../../host/machine.ts';
import { measureSelf } from '../../host/self.ts';
import { exitAfter, onSignals } from '../../host/signals.ts';
import { createLoop, type Loop } from '../../observe/loop.ts';
import { readCursor, writeCursor } from '../../store/cursor.ts';
import { peekExemptions } from '../../store/exemptions.ts';
import {
  appendJournal,
  closeJournal,
  type Journal,
  journalHead,
  openJournal,
  readJournal,
} from '../../store/journal.ts';
import { readTargetBaselines } from '../../store/peek.ts';
import {
  addWaiver,
  markDeployment,
  type Outcome,
  type Recorder,
  removeWaiver,
} from '../../store/record-exemption.ts';
import { instanceId, openSecretKey } from '../../store/secret-key.ts';
import { lockStateDirectory, openStateDirectory, type StateDirectory } from '../../store/state-directory.ts';
import { prepareTelemetryOff } from '../../store/telemetry-off.ts';
import { createAdminServer } from '../../tell/admin.ts';
import { createExposition } from '../../tell/exposition.ts';
import { createHistory, type History } from '../../tell/history.ts';
import { createListener } from '../../tell/listener.ts';
import { createLog, type Logger } from '../../tell/log.ts';
import { createOutbox, endpointConfigured, type Outbox } from '../../tell/outbox.ts';
import { resourceAttributes } from '../../tell/resource.ts';
import { exporterFamilies, targetFamilies } from '../../tell/samples.ts';
import { type ExporterAudits, exporterAudits } from '../audits.ts';
import { readCommitted } from '../committed.ts';
import { loadRemembered, saveRemembered } from '../memory.ts';
import { type Flags, readSettings, type Settings } from '../settings.ts';
import type { Terminal } from '../terminal.ts';
import { revision, version } from '../version.ts';
import { refineTarget } from '../workspace-file.ts';

const cursorName = 'otlp';
const flushLimitMs = 3_000;
const exitLimitMs = 8_000;

interface Parts {
  readonly log: Logger;
  readonly state: StateDirectory;
  /** Undefined when another process or the file system keeps us from writing. */
  readonly journal: Journal | undefined;
  readonly outbox: Outbox | undefined;
  readonly emitter: Emitter;
  readonly history: History;
  readonly telemetryDirectory: string | undefined;
  readonly audits: ExporterAudits;
  readonly secretKey: Uint8Array;
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

/** Runs what it is given one after the other. */
function inTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
}

function makeLoop(settings: Settings, parts: Parts): Loop {
  const { log, state, journal, outbox, emitter, telemetryDirectory, audits, secretKey } = parts;
  const say = sayOnce(log);
  return createLoop(settings.targets, settings.intervalMs, readMachine(), {
    clock: systemClock,
    emitter,
    ...(telemetryDirectory === undefined ? {} : { confirmation: { telemetryDirectory } }),
    cache: audits.cache,
    digest: audits.digest,
    secretKey,
    load: (target) =>
      loadRemembered(state, target, systemClock(), (problem) => log.warn({ target: target.name }, problem)),
    save: async (target, remembered) => {
      if (journal !== undefined)
        await saveRemembered(state, target, remembered, systemClock(), journalHead(journal).seq);
    },
    append: async (record) => {
      log.info(
        {
          target: record.target,
          type: record.type,
          ...('level' in record ? { level_of: record.level, facets: record.facets.join(',') } : {}),
        },
        record.type,
      );
      if (journal === undefined) return;
      const written = await appendJournal(journal, record);
      if (!written.ok) log.error({ target: record.target }, written.problem);
      outbox?.kick();
    },
    committed: async (target) =>
      readsCommitted(target.baseline) ? await readCommitted(target.workspace) : undefined,
    refine: refineTarget,
    problem: (target, name, problem) => say(`${target.name}/${name}`, problem),
    observed: (seen) => parts.history.record(seen),
    exemptions: async (target) => {
      const { value, problem } = await peekExemptions(state.path);
      say('exemptions', problem);
      return exemptionsOf(value, settings.whitelist, target);
    },
    accepted: async (target) => (await readTargetBaselines(state.path, target)).accepted,
    log: (level, message, fields) => log[level](fields ?? {}, message),
  });
}

async function openOutbox(
  state: StateDirectory,
  journal: Journal,
  env: ReadonlyMap<string, string>,
  log: Logger,
): Promise<Outbox> {
  const { cursor, healed } = await readCursor(state, cursorName, systemClock());
  if (healed !== undefined) log.warn({}, healed);
  return createOutbox(endpointConfigured(env), {
    position: cursor.seq,
    read: (from) => readJournal(journal.directory, { from }),
    advance: async (line) => {
      await writeCursor(state, cursorName, line);
    },
    log: (message, fields) => log.warn(fields, message),
  });
}

/** Runs until a signal; returns 0. Throws AppError for what keeps it from starting. */
export async function runServe(
  terminal: Terminal,
  flags: Flags,
  directories: readonly string[],
): Promise<number> {
  let settings = await readSettings(flags, terminal.env, directories, terminal.cwd);
  const log = createLog(settings.logLevel, settings.logFormat, (line) => terminal.stderr.write(line));
  const config = { ok: true, loadedAt: systemClock() };
  const state = await openStateDirectory(settings.stateDirectory);

  let loop: Loop | undefined;
  let parts: Parts | undefined;
  const reloadNow = async (): Promise<string | undefined> => {
    try {
      const next = await readSettings(flags, terminal.env, directories, terminal.cwd);
      const fixed = (['stateDirectory', 'listenAddress', 'telemetryPath', 'logFormat'] as const).filter(
        (key) => next[key] !== settings[key],
      );
      if (fixed.length > 0) {
        throw new AppError(
          'cannot reload',
          `${fixed.join(' and ')} changed, which needs a restart`,
          'restart godrift',
        );
      }
      if (parts !== undefined && loop !== undefined) {
        const fresh = makeLoop(next, parts);
        await loop.stop();
        await fresh.start();
        loop = fresh;
        parts.history.retain(next.targets.map((target) => target.name));
      }
      settings = next;
      log.level = next.logLevel;
      Object.assign(config, { ok: true, loadedAt: systemClock() });
      log.info({ targets: next.targets.length }, 'configuration reloaded');
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

  /** One exemption after the other, and then a pass, so that the answer is true when it is given. */
  const exemptions = inTurns();
  const exempt = <T>(write: (recorder: Recorder) => Promise<Outcome<T>>): Promise<Outcome<T>> =>
    exemptions(async () => {
      if (parts?.journal === undefined)
        return { ok: false, status: 503, problem: 'the exporter still starts' };
      const report = (problem: string) => log.warn({}, problem);
      const outcome = await write({ state, journal: parts.journal, now: systemClock, report });
      if (outcome.ok) await loop?.pass();
      return outcome;
    });
  const admin = createAdminServer({
    version,
    states: () => loop?.states() ?? [],
    reload,
    markDeployment: (body) => exempt((recorder) => markDeployment(recorder, body)),
    addWaiver: (body) => exempt((recorder) => addWaiver(recorder, body)),
    removeWaiver: (id, who) => exempt((recorder) => removeWaiver(recorder, id, who)),
  });
  const lock = await lockStateDirectory(state, admin);
  if (!lock.held && lock.reason === 'busy') {
    throw new AppError(
      `cannot use state directory ${settings.stateDirectory}`,
      lock.why,
      'stop the other one, or give this one its own with --state-directory',
    );
  }
  if (!lock.held) log.warn({ state_directory: settings.stateDirectory }, `nothing is recorded: ${lock.why}`);
  const journal = lock.held
    ? await openJournal(state, {
        now: systemClock,
        cursors: endpointConfigured(terminal.env) ? [cursorName] : [],
      })
    : undefined;
  const outbox = journal === undefined ? undefined : await openOutbox(state, journal, terminal.env, log);
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
  const telemetryDirectory = lock.held ? await prepareTelemetryOff(state) : undefined;
  parts = {
    log,
    state,
    journal,
    outbox,
    emitter: { resource, version, randomId: randomHex, digest: sha256Hex },
    history: createHistory(),
    secretKey: key,
    telemetryDirectory,
    audits: exporterAudits(state, lock.held, log, {
      everyMs: () => settings.intervalMs,
      changed: () => void loop?.pass(),
    }),
  };
  loop = makeLoop(settings, parts);

  const exporterState = (): ExporterState => {
    const { passes, watches, events, missed } = loop?.stats() ?? {
      passes: 0,
      watches: 0,
      events: 0,
      missed: 0,
    };
    return {
      version,
      revision,
      config,
      passes,
      stateWritable: lock.held && state.writable,
      journal: { errors: state.errors, ...(journal === undefined ? {} : { head: journalHead(journal) }) },
      outbox: outbox?.stats() ?? { pending: 0, exported: 0, dropped: 0 },
      watcher: { watches, events, missed },
    };
  };
  const self = measureSelf();
  const exposition = createExposition(targetFamilies);
  const listener = createListener(settings.listenAddress, {
    telemetryPath: settings.telemetryPath,
    states: () => loop?.states() ?? [],
    exporter: exporterState,
    history: parts.history,
    ready: () => loop?.ready() ?? false,
    page: () =>
      exposition.page(loop?.states() ?? [], exporterFamilies(exporterState(), self(), process.version)),
    log: (message, fields) => log.error(fields, message),
  });

  let stopped: () => void = () => {};
  const stop = new Promise<void>((resolve) => {
    stopped = resolve;
  });
  onSignals({ stop: stopped, reload: () => void reload() });
  try {
    const { port } = await listener.listen();
    log.info(
      { port, targets: settings.targets.map((target) => target.name).join(','), version },
      'listening',
    );
    const started = loop.start().then(() => {
      for (const one of loop?.states() ?? []) {
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
      outbox?.kick();
    });
    await Promise.race([stop, started.then(() => stop)]);
  } finally {
    exitAfter(exitLimitMs);
    await loop.stop();
    await parts.audits.stop();
    await outbox?.flush(flushLimitMs);
    await listener.close();
    if (journal !== undefined) await closeJournal(journal);
    if (lock.held) await lock.release();
  }
  log.info({}, 'stopped');
  return 0;
}
