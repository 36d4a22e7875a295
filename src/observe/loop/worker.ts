/**
 * The work of an observing thread: it looks at targets, keeps the read trace of each look, checks by stat
 * alone whether another look would see the same, and watches the files. All of its state can be rebuilt.
 */

import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { refusals } from '../../host/counted-fs.ts';
import { recordTrace, thisMoment } from '../../host/read-trace.ts';
import { releaseEndedRoots } from '../../host/root.ts';
import { type DirectoryWatcher, watchFiles } from '../../host/watch.ts';
import { createWatchIndex } from '../../host/watch-index.ts';
import { observeTarget, type TargetPorts } from './observe-target.ts';
import { countAnswer, moveTo, watching } from './progress.ts';
import type { CheckJob, News, ObserveAnswer, ObserveJob, Refused, WorkerJob } from './worker-messages.ts';

export interface WorkerPorts extends TargetPorts {
  readonly tell: (news: News) => void;
  /**
   * A file that the program changes regularly. Seeing its changes proves that the thread receives events
   * (canary.ts of cli/wire).
   */
  readonly canary?: string;
}

export interface WatchingWorker {
  /** Runs a job of the scheduler. */
  handle(job: WorkerJob): Promise<ObserveAnswer | Refused | readonly string[] | undefined>;
  /** The program's latest answers, by question. */
  readonly live: Map<string, string>;
  close(): void;
}

/**
 * Rounds without a look after which the watches are compared with the directories, a minute at the default
 * interval: a directory whose parent was moved sends no event (inotify(7)). A watch that ended is renewed in
 * the next round.
 */
const compareWatchesEvery = 4;

/** Creates a worker; it watches nothing before the first look. */
export function createWorker(ports: WorkerPorts): WatchingWorker {
  return new Worker(ports);
}

class Worker implements WatchingWorker {
  readonly live = new Map<string, string>();
  readonly #ports: WorkerPorts;
  /** Read traces of each target's last look: they determine what is watched. */
  readonly #looks = createWatchIndex();
  readonly #watcher: DirectoryWatcher;
  /** Files that changed and are not reported yet. */
  readonly #changed = new Set<string>();
  #moment = { round: -1, now: thisMoment() };
  /** The set of files for which the watches were made. */
  #watched: ReadonlySet<string> | undefined;
  /**
   * Targets whose last look preceded the watching of some file that it read, and which no check has found
   * unchanged since then.
   */
  readonly #unwatched = { yet: new Set<string>(), atFirst: new Set<string>() };
  /** The round in which the watches were last compared with the directories. */
  #watchedIn = 0;
  /** When a change of the canary was last seen, ms since the epoch; until then, when watching began. */
  #canarySeen: number | undefined;
  /** Number of events of the canary, which do not count as changes. */
  #canaryEvents = 0;

  constructor(ports: WorkerPorts) {
    this.#ports = ports;
    this.#watcher = watchFiles((file) => {
      if (this.#changed.size === 0) setImmediate(() => this.#announce());
      if (file === ports.canary) this.#canaryEvents++;
      this.#changed.add(file);
    });
  }

  async handle(job: WorkerJob): Promise<ObserveAnswer | Refused | readonly string[] | undefined> {
    releaseEndedRoots();
    if (job.kind === 'look') return await this.#look(job);
    if (job.kind === 'check') return this.#check(job);
    for (const name of job.names) this.#looks.drop(name);
    this.#watchAll();
    return undefined;
  }

  close(): void {
    this.#watcher.close();
  }

  async #look(job: ObserveJob): Promise<ObserveAnswer | Refused> {
    const why = refusals();
    const { value, trace: asked } = await recordTrace(
      () => observeTarget(this.#ports, job),
      () => countAnswer(job.progress),
    );
    const { name, environment } = job.settings;
    const refused = why();
    // A refused read was treated as an absent file somewhere, so the result must be neither recorded nor
    // saved.
    const settled =
      refused === undefined &&
      environment.from !== 'process' &&
      value.kept === undefined &&
      value.unread === undefined;
    this.#looks.keep(name, asked, settled);
    const wasUnwatched = this.#wasUnwatched(name);
    this.#unwatched.yet.add(name);
    if (!job.more) this.#watchAll(job.progress);
    await this.#hear();
    return refused === undefined
      ? { ...value, settled, ...(wasUnwatched ? { wasUnwatched } : {}) }
      : { refused };
  }

  /** Returns the targets whose look would see the same again. */
  #check({ names, round, live, progress }: CheckJob): readonly string[] {
    for (const [name, value] of Object.entries(live)) this.live.set(name, value);
    if (this.#moment.round !== round) this.#moment = { round, now: thisMoment() };
    const same = names.filter((name, index) => {
      moveTo(progress, index);
      return this.#looks.same(name, this.#moment.now);
    });
    for (const name of same) this.#unwatched.atFirst.delete(name);
    const due = this.#watcher.ended() || round - this.#watchedIn >= compareWatchesEvery;
    if (same.length === names.length && due) this.#watchAll(progress);
    return same;
  }

  /** Reports whether files of a target may have changed after its last look and before they were watched. */
  #wasUnwatched(name: string): boolean {
    return this.#unwatched.atFirst.delete(name) || this.#unwatched.yet.has(name);
  }

  /**
   * Reports the pending events first: otherwise a look that found a change before its event was fetched would
   * count it as unannounced. The first turn of the event loop may be the rest of the current one; events are
   * fetched in the second.
   */
  async #hear(): Promise<void> {
    await turnOfTheLoop();
    await turnOfTheLoop();
    this.#announce();
  }

  /** Reports which targets the changed files concern. */
  #announce(): void {
    if (this.#changed.size === 0) return;
    const files = [...this.#changed];
    this.#changed.clear();
    const { canary, clock } = this.#ports;
    const others = files.filter((file) => file !== canary);
    if (others.length < files.length) this.#canarySeen = clock();
    this.#tell(this.#looks.concerned(others), others.slice(0, 10));
  }

  /**
   * Watches the files in the read traces. If some were not watched yet, all targets are reported, since a
   * file may have changed between reading and watching. A hanging file of any target blocks this step;
   * `progress` is set to {@link watching}, so that the target of the job is not blamed.
   */
  #watchAll(progress?: Int32Array): void {
    if (progress !== undefined) moveTo(progress, watching);
    this.#watchedIn = this.#moment.round;
    const { canary, clock } = this.#ports;
    const watched = this.#looks.watched();
    const isSame = watched === this.#watched && this.#watcher.current();
    const added = isSame ? 0 : this.#watcher.set(canary === undefined ? watched : [...watched, canary]);
    this.#watched = watched;
    if (canary !== undefined) this.#canarySeen ??= clock();
    if (added > 0) for (const name of this.#unwatched.yet) this.#unwatched.atFirst.add(name);
    this.#unwatched.yet.clear();
    this.#tell(added > 0 ? this.#looks.names() : [], []);
  }

  #tell(targets: News['targets'], files: readonly string[]): void {
    const { watches, events, failed } = this.#watcher.stats;
    const canarySeen = this.#canarySeen === undefined ? {} : { canarySeen: this.#canarySeen };
    const watch = { watches, events: events - this.#canaryEvents, failed, ...canarySeen };
    this.#ports.tell({ targets, files, watch });
  }
}
