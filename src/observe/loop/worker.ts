/**
 * What a thread does for the scheduler: it looks at targets, knows what each look asked of the file system, tells by stat alone whether another
 * look would see the same, and watches the files. It keeps nothing that must not be lost.
 */

import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { refusals } from '../../host/counted-fs.ts';
import { recordTrace, thisMoment } from '../../host/read-trace.ts';
import { releaseEndedRoots } from '../../host/root.ts';
import { type DirectoryWatcher, watchFiles } from '../../host/watch.ts';
import { createWatchIndex } from '../../host/watch-index.ts';
import { observeTarget, type TargetPorts } from './observe-target.ts';
import {
  type CheckJob,
  type News,
  type ObserveAnswer,
  type ObserveJob,
  type Refused,
  type WorkerJob,
  watching,
} from './worker-messages.ts';

export interface WorkerPorts extends TargetPorts {
  readonly tell: (news: News) => void;
  /** A file that the program changes again and again: that its changes arrive here proves that others would (canary.ts of cli/wire). */
  readonly canary?: string;
}

export interface WatchingWorker {
  /** Does a job of the scheduler. */
  handle(job: WorkerJob): Promise<ObserveAnswer | Refused | readonly string[] | undefined>;
  /** What the program knew last, by the name of the question. */
  readonly live: Map<string, string>;
  close(): void;
}

/**
 * Rounds without a look after which the watches are compared with what is there, a minute at the default interval: a directory whose parent was
 * moved announces nothing (inotify(7)). A watch that ended is renewed at the next round.
 */
const compareWatchesEvery = 4;

/** Makes a worker; it watches nothing before the first look. */
export function createWorker(ports: WorkerPorts): WatchingWorker {
  return new Worker(ports);
}

class Worker implements WatchingWorker {
  readonly live = new Map<string, string>();
  readonly #ports: WorkerPorts;
  /** What the last look of each target asked of the file system: that is what is watched. */
  readonly #looks = createWatchIndex();
  readonly #watcher: DirectoryWatcher;
  /** Files that changed and were not told of yet. */
  readonly #changed = new Set<string>();
  #moment = { round: -1, now: thisMoment() };
  /** What was to be watched when the watches were made. */
  #watched: ReadonlySet<string> | undefined;
  /** Targets whose last look was there before all that it read was watched, and since when no visit found them unmoved. */
  readonly #unwatched = { yet: new Set<string>(), atFirst: new Set<string>() };
  /** The round in which the watches were compared with what is there. */
  #watchedIn = 0;
  /** When the canary was seen last, ms since the epoch; before that, when it began to be watched. */
  #canarySeen: number | undefined;
  /** Events of the canary, which are no changes. */
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
    const { value, trace: asked } = await recordTrace(() => observeTarget(this.#ports, job));
    const { name, environment } = job.settings;
    const refused = why();
    // What could not be read was taken for absent somewhere: nothing of it may be recorded or kept.
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

  /** The targets of which a look would see the same again. */
  #check({ names, round, live, progress }: CheckJob): readonly string[] {
    for (const [name, value] of Object.entries(live)) this.live.set(name, value);
    if (this.#moment.round !== round) this.#moment = { round, now: thisMoment() };
    const same = names.filter((name, index) => {
      Atomics.store(progress, 0, index);
      return this.#looks.same(name, this.#moment.now);
    });
    for (const name of same) this.#unwatched.atFirst.delete(name);
    const due = this.#watcher.ended() || round - this.#watchedIn >= compareWatchesEvery;
    if (same.length === names.length && due) this.#watchAll(progress);
    return same;
  }

  /** Whether a target's files may have changed, since its last look, before they were watched. */
  #wasUnwatched(name: string): boolean {
    return this.#unwatched.atFirst.delete(name) || this.#unwatched.yet.has(name);
  }

  /**
   * Tells what was announced before now: a look that found a change before its event was fetched would count it among those that nobody announced. The
   * first turn may be the rest of the one that runs; in the second, events are fetched.
   */
  async #hear(): Promise<void> {
    await turnOfTheLoop();
    await turnOfTheLoop();
    this.#announce();
  }

  /** Tells which targets the changed files concern. */
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
   * Watches what the looks need. A file that changed after it was read and before it was watched is looked at again. Where a file of some look hangs,
   * so does this; the target whose job it was is not to blame, which `progress` says.
   */
  #watchAll(progress?: Int32Array): void {
    if (progress !== undefined) Atomics.store(progress, 0, watching);
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
