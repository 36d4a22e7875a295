/**
 * What a thread does for the scheduler: it looks at targets, knows what each look asked of the file system, tells by stat alone whether another
 * look would see the same, and watches the files. It keeps nothing that must not be lost.
 */

import { AppError } from '../catalog/errors.ts';
import type { StoredSnapshot } from '../drift/choose-baseline.ts';
import type { Exemptions } from '../drift/exemptions.ts';
import { withOnsets } from '../drift/facet-drift.ts';
import { fingerprint } from '../drift/fingerprint.ts';
import type { LostBaseline } from '../drift/lost-baseline.ts';
import { formatBody, formatSnapshot } from '../drift/snapshot.ts';
import type { TargetState } from '../drift/state.ts';
import { advance } from '../drift/step.ts';
import type { Approved, Past, Step } from '../drift/step-data.ts';
import type { Emitter } from '../drift/transition.ts';
import { recordLook, thisMoment } from '../host/look.ts';
import { createLooks } from '../host/looks.ts';
import type { Clock, Machine } from '../host/machine.ts';
import { refusals } from '../host/noted-fs.ts';
import { releaseEndedRoots } from '../host/root.ts';
import { watchFiles } from '../host/watch.ts';
import type { AskCache, AskedCache } from './cache/auditors.ts';
import type { Confirmation } from './env.ts';
import { type ReadEnvironment, readEnvironment } from './environment/process-environment.ts';
import { observe } from './observer.ts';
import { readPast, writePast } from './past.ts';
import type { TargetSettings } from './target.ts';
import type { AskDigest, AskedTree } from './toolchain-digest.ts';
import type { CheckJob, Demands, Looked, LookJob, News, Refused, WorkerJob } from './worker-messages.ts';

/** A worker's way to files that it does not know itself, and to the program. What throws without saying that it may fails the look. */
export interface WorkerPorts {
  readonly clock: Clock;
  readonly machine: Machine;
  readonly emitter: Emitter;
  /** Adds what the `.godrift.yml` of the workspace says, which lies in that root. Throws AppError for one that cannot be used. */
  readonly refine: (target: TargetSettings, root: string) => Promise<TargetSettings>;
  /** The committed baseline of a workspace in that root; undefined without one. Throws AppError for one that cannot be used. */
  readonly committed: (target: TargetSettings, root: string) => Promise<StoredSnapshot | undefined>;
  /** Waivers, deployments and whitelist, as they concern the target now; `problem` where they cannot be read. */
  readonly exemptions: (
    target: TargetSettings,
  ) => Promise<{ readonly value: Exemptions; readonly problem?: string }>;
  /** The accepted baseline; `lost` where it is there and cannot be used. */
  readonly accepted: (
    target: TargetSettings,
  ) => Promise<{ readonly value?: Approved; readonly lost?: LostBaseline }>;
  readonly confirmation?: Confirmation;
  readonly secretKey?: Uint8Array;
  /** Asks the program, which knows more than files say. */
  readonly cache: (target: string, cache: AskedCache) => ReturnType<AskCache>;
  readonly digest: (target: string, tree: AskedTree) => ReturnType<AskDigest>;
  readonly tell: (news: News) => void;
}

export interface WatchingWorker {
  /** Does a job of the scheduler. */
  handle(job: WorkerJob): Promise<Looked | Refused | readonly string[] | undefined>;
  /** What the program knew last, by the name of the question. */
  readonly live: Map<string, string>;
  close(): void;
}

/**
 * Rounds without a look after which the watches are compared with what is there, a minute at the default interval: a directory whose parent was
 * moved announces nothing (inotify(7)). A watch that ended is renewed at the next round.
 */
const compareWatchesEvery = 4;

/** Findings and changes of a facet that a state shows; more help nobody, and would be copied with each state. */
const mostShown = 2_000;

/** The state as the exporter shows it: without the entries, which nothing that it serves needs. */
function shown(state: TargetState): TargetState {
  return {
    ...state,
    entries: new Map(),
    findings: state.findings.slice(0, mostShown),
    facets: Object.fromEntries(
      Object.entries(state.facets).map(([facet, seen]) => [
        facet,
        seen.drift === undefined
          ? seen
          : { ...seen, drift: { ...seen.drift, changes: seen.drift.changes.slice(0, mostShown) } },
      ]),
    ),
  };
}

/** What of a step is kept on the disk, as text: nothing where an earlier step has kept the same. */
function keptOf({ past, changed }: Step, time: number, { digest }: Emitter): Looked['kept'] {
  if (!changed) return undefined;
  const { memory, learner, learned, last, acceptedTold, learnedTold } = past.remembered;
  return {
    memory,
    learner,
    ...(acceptedTold === undefined ? {} : { acceptedTold }),
    ...(learnedTold === undefined ? {} : { learnedTold }),
    ...(last === undefined ? {} : { last: formatSnapshot(last, time) }),
    ...(learned === undefined
      ? {}
      : {
          learned: {
            text: formatSnapshot(learned.entries, learned.time),
            fingerprint: fingerprint(formatBody(learned.entries), digest),
            time: learned.time,
          },
        }),
  };
}

/** Makes a worker; it watches nothing before the first look. */
export function createWorker(ports: WorkerPorts): WatchingWorker {
  /** What the last look of each target asked of the file system: that is what is watched. */
  const looks = createLooks();
  const live = new Map<string, string>();
  let moment = { round: -1, now: thisMoment() };
  /** The round in which the watches were compared with what is there. */
  let watchedIn = 0;
  const changed = new Set<string>();

  const watcher = watchFiles((file) => {
    if (changed.size === 0) setImmediate(announce);
    changed.add(file);
  });

  /** Tells which targets the changed files concern. */
  function announce(): void {
    const files = [...changed];
    changed.clear();
    const targets = looks.concerned(files);
    ports.tell({ targets, files: files.slice(0, 10), watch: { ...watcher.stats } });
  }

  /** Watches what the looks need. A file that changed after it was read and before it was watched is looked at again. */
  function watchAll(): void {
    watchedIn = moment.round;
    const added = watcher.set(looks.watched());
    ports.tell({ targets: added > 0 ? looks.names() : [], files: [], watch: { ...watcher.stats } });
  }

  /** What the workspace's own files demand, and why one of them cannot be used: then what it said last stays in force. */
  async function demandsOf(settings: TargetSettings, before: Demands, { reading, root }: ReadEnvironment) {
    const problems: Record<string, string | undefined> = {};
    // Where the files are is told by the process alone: while there is none, what they said last stays in force.
    if (reading.source === 'process' && !reading.readable) {
      const { refined = settings, committed } = before;
      return { demands: before, refined, committed, problems, whyNone: undefined };
    }
    const read = async <T>(name: string, ask: () => Promise<T>, fallback: T): Promise<T> => {
      problems[name] = undefined;
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        problems[name] = error.message;
        return fallback;
      }
    };
    const refined = await read(
      '.godrift.yml',
      () => ports.refine(settings, root),
      before.refined ?? settings,
    );
    const committed = await read('baseline', () => ports.committed(refined, root), before.committed);
    const demands: Demands = { refined, ...(committed === undefined ? {} : { committed }) };
    const whyNone = problems['.godrift.yml'] ?? problems['baseline'];
    return { demands, refined, committed, problems, whyNone };
  }

  async function lookAt({
    settings,
    past: bytes,
    collectors,
    whole,
    unread,
  }: LookJob): Promise<Omit<Looked, 'settled'>> {
    const { remembered, demands: demandedBefore, disagreements } = readPast(bytes);
    const environment = await readEnvironment(settings, ports.machine);
    const { demands, refined, committed, problems, ...asked } = await demandsOf(
      settings,
      demandedBefore,
      environment,
    );
    const whyNone = unread ?? asked.whyNone;
    const { confirmation, cache, digest, secretKey } = ports;
    const seen = await observe(refined, ports.machine, ports.clock, {
      environment,
      whole,
      ...(confirmation === undefined ? {} : { copiesDirectory: confirmation.copiesDirectory }),
      ...(whole && confirmation !== undefined ? { confirmation } : {}),
      cache: (asked) => cache(settings.name, asked),
      digest: (tree) => digest(settings.name, tree),
      ...(secretKey === undefined ? {} : { secretKey }),
    });
    const exemptions = await ports.exemptions(refined);
    const accepted = await ports.accepted(refined);
    const lostAccepted = accepted.lost;
    const before: Past = {
      remembered,
      collectors,
      ...(disagreements === undefined ? {} : { disagreements }),
    };
    const step = advance(
      {
        observation: seen.observation,
        pool: refined.pool,
        home: seen.home,
        pins: seen.pins,
        required: refined.required,
        baseline: refined.baseline,
        exemptions: exemptions.value,
        ...(committed === undefined ? {} : { committed }),
        ...(accepted.value === undefined ? {} : { accepted: accepted.value }),
        ...(lostAccepted === undefined ? {} : { lostAccepted }),
        ...(whyNone === undefined ? {} : { whyNone }),
      },
      before,
      ports.emitter,
    );
    const told = { ...problems, exemptions: exemptions.problem, 'accepted baseline': lostAccepted?.why };
    if (unread !== undefined)
      return {
        state: { ...withOnsets(shown(step.state), remembered.memory.open), uncounted: true },
        records: [],
        past: bytes,
        memory: remembered.memory,
        problems: told,
        unread: true,
      };
    const kept = keptOf(step, step.state.time, ports.emitter);
    return {
      state: withOnsets(shown(step.state), step.past.remembered.memory.open),
      records: step.records,
      past: writePast({
        remembered: step.past.remembered,
        demands,
        ...(step.past.disagreements === undefined ? {} : { disagreements: step.past.disagreements }),
      }),
      memory: step.past.remembered.memory,
      problems: told,
      ...(kept === undefined ? {} : { kept }),
      ...(step.until === undefined ? {} : { until: step.until }),
    };
  }

  async function look(job: LookJob): Promise<Looked | Refused> {
    const why = refusals();
    const { value, look: asked } = await recordLook(() => lookAt(job));
    const { name, environment } = job.settings;
    const refused = why();
    // What could not be read was taken for absent somewhere: nothing of it may be recorded or kept.
    const settled =
      refused === undefined &&
      environment.from !== 'process' &&
      value.kept === undefined &&
      value.unread === undefined;
    looks.keep(name, asked, settled);
    if (!job.more) watchAll();
    return refused === undefined ? { ...value, settled } : { refused };
  }

  /** The targets of which a look would see the same again. */
  function check({ names, round, live: now, progress }: CheckJob): readonly string[] {
    for (const [name, value] of Object.entries(now)) live.set(name, value);
    if (moment.round !== round) moment = { round, now: thisMoment() };
    const same = names.filter((name, index) => {
      Atomics.store(progress, 0, index);
      return looks.same(name, moment.now);
    });
    const due = watcher.ended() || round - watchedIn >= compareWatchesEvery;
    if (same.length === names.length && due) watchAll();
    return same;
  }

  return {
    live,
    async handle(job) {
      releaseEndedRoots();
      if (job.kind === 'look') return await look(job);
      if (job.kind === 'check') return check(job);
      for (const name of job.names) looks.drop(name);
      watchAll();
      return undefined;
    },
    close: () => watcher.close(),
  };
}
