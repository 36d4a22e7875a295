/**
 * Decides when patterns are searched, and applies the results. The search runs in a separate thread: a dead network
 * file system costs that thread, and the last result stays in force. It uses at most a fiftieth of a core.
 */
import type { Clock } from '../../host/machine.ts';
import type { Cancel, SetTimer } from '../../host/timer.ts';
import type { TargetSettings } from '../target.ts';
import { type DiscoveryPass, missingTargetLines, namedTargetsOnly, passOf } from './discovery-pass.ts';
import {
  compareTargets,
  type Expansion,
  type IncompleteReason,
  incompleteReasons,
  type Skipped,
  type TargetEntry,
  type TargetPrecedence,
} from './entries.ts';

/** A thread that searches directory trees, or a substitute for one. */
export interface FinderHandle {
  /** Searches everything; `observed` are the workspaces to examine first. */
  find(observed: readonly string[]): Promise<readonly Expansion[]>;
  /** As `find`, for `observed` and the workspaces observed when the exporter ended only: fast, no search. */
  findObserved(observed: readonly string[]): Promise<readonly Expansion[]>;
  /** Resolves when the thread has ended, which one that hangs in the kernel never does. */
  stop(): Promise<void>;
}

export interface DiscoveryPorts {
  readonly clock: Clock;
  /** Monotonic clock, ms: the pause after a search depends on its duration. */
  readonly steady: Clock;
  readonly timer: SetTimer;
  /** Starts a finder; `changed` is called when a target may have appeared or vanished. */
  readonly start: (changed: () => void) => FinderHandle;
  readonly digest: (text: string) => string;
  /** Returns what is stored now, which decides which targets have precedence ({@link TargetPrecedence}). */
  readonly stored: () => TargetPrecedence['stored'];
  /** Puts a new list in force; resolves when done. `isFirst`: new targets may have existed all along. */
  readonly replace: (
    targets: readonly TargetSettings[],
    difference: { readonly came: readonly TargetSettings[]; readonly went: readonly TargetSettings[] },
    isFirst: boolean,
  ) => Promise<void>;
  /** Called when the result of a search after {@link Discovery.start} is in force; never rejects. */
  readonly looked: () => Promise<void>;
  readonly warn: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

export interface DiscoveryOptions {
  /** Targets that the configuration names. */
  readonly named: readonly TargetSettings[];
  readonly entries: readonly TargetEntry[];
  /** Most targets that patterns may add. */
  readonly limit: number;
  readonly intervalMs: number;
}

/** Statistics of discovery, for metrics. */
export interface DiscoveryStats {
  readonly limit: number;
  readonly found: number;
  readonly skipped: Readonly<Record<Skipped['reason'], number>>;
  readonly incomplete: Readonly<Record<IncompleteReason, number>>;
  /** ms since the epoch; undefined before the first completed search. */
  readonly lastSuccess?: number;
  readonly appeared: number;
  readonly vanished: number;
}

export interface Discovery {
  /** Returns all targets: those named in the configuration and those found. */
  readonly targets: () => readonly TargetSettings[];
  readonly stats: () => DiscoveryStats;
  /** Returns the uid of the present or last owner of a found target's workspace; undefined if unknown. */
  readonly ownerOf: (workspace: string) => number | undefined;
  /** Reports whether it is unknown if a workspace is gone, because its directory could not be examined. */
  readonly mayHide: (workspace: string) => boolean;
  /**
   * Runs the first search, without calling `replace`. If it takes too long, the targets are those observed
   * before, and the rest is taken over after {@link Discovery.start}. Resolves with false if the search
   * failed or nothing answered in time.
   */
  first(): Promise<boolean>;
  /** Starts searching at each interval and after file events. */
  start(): void;
  stop(): Promise<void>;
}

/** Longest duration of a search, ms; then its thread is abandoned. */
export const findWithinMs = 60_000;
/** Longest wait for the first search, ms; a later result is taken over afterwards. */
const firstWithinMs = 10_000;
/** Delay after an event, ms: directories are created and filled one after another. */
const debounceMs = 100;
/** A pause lasts at least this many times as long as the search before it, up to `longestRestMs`. */
const restShare = 50;
const longestRestMs = 300_000;

/** Creates a discovery; nothing runs before {@link Discovery.first}. `before` is the one that it replaces. */
export function createDiscovery(
  options: DiscoveryOptions,
  ports: DiscoveryPorts,
  before?: Discovery,
): Discovery {
  return new PatternDiscovery(options, ports, before);
}

class PatternDiscovery implements Discovery {
  readonly #options: DiscoveryOptions;
  readonly #ports: DiscoveryPorts;
  #finder: FinderHandle | undefined;
  /** True while an abandoned finder hangs: another one would hang beside it. */
  #hangs = false;
  /** The result in force. */
  #look: DiscoveryPass;
  /** The targets that have precedence over new ones. */
  #observed: readonly TargetSettings[];
  /** Owners from the previous result, which include those of vanished targets. */
  #ownersBefore: DiscoveryPass['owners'] = new Map();
  /** Why the last search failed; undefined if it succeeded. */
  #failed: string | undefined;
  /** The first search, if it outlasted the wait for it. */
  #late: Promise<DiscoveryPass | undefined> | undefined;
  #appeared = 0;
  #vanished = 0;
  #cancel: Cancel = () => {};
  #looking: Promise<void> | undefined;
  #again = false;
  #started = false;
  #stopped = false;
  /** Earliest time of the next search, by the steady clock. */
  #rest = 0;
  #warned = '';

  constructor(options: DiscoveryOptions, ports: DiscoveryPorts, before: Discovery | undefined) {
    this.#options = options;
    this.#ports = ports;
    this.#look = namedTargetsOnly(options.named);
    this.#observed = before?.targets() ?? [];
    this.#appeared = before?.stats().appeared ?? 0;
    this.#vanished = before?.stats().vanished ?? 0;
  }

  readonly targets = () => this.#look.targets;
  readonly stats = (): DiscoveryStats => {
    const { targets, skipped, incomplete, ended } = this.#look;
    const count = (reason: Skipped['reason']) => skipped.filter((one) => one.reason === reason).length;
    const left = (reason: IncompleteReason) =>
      incomplete.filter((one) => one.reason === reason).length +
      (reason === 'failed' && this.#failed !== undefined ? 1 : 0);
    return {
      limit: this.#options.limit,
      found: targets.length - this.#options.named.length,
      skipped: { limit: count('limit'), name: count('name') },
      incomplete: Object.fromEntries(incompleteReasons.map((reason) => [reason, left(reason)])) as Record<
        IncompleteReason,
        number
      >,
      ...(ended === undefined ? {} : { lastSuccess: ended }),
      appeared: this.#appeared,
      vanished: this.#vanished,
    };
  };

  readonly ownerOf = (workspace: string): number | undefined =>
    [this.#look.owners, this.#ownersBefore].find((one) => one.has(workspace))?.get(workspace);

  readonly mayHide = (workspace: string): boolean =>
    this.#options.entries.length > 0 &&
    (this.#look.ended === undefined || this.#failed !== undefined || this.#look.isHidden(workspace));

  async first(): Promise<boolean> {
    if (this.#options.entries.length === 0) return true;
    let known: readonly Expansion[] | undefined;
    void this.#findObserved().then(
      (answer) => {
        known = answer;
      },
      // The search meets the same failure and reports it.
      () => {},
    );
    const looking = this.#find();
    let cancel: Cancel = () => {};
    const limit = new Promise<'late'>((resolve) => {
      cancel = this.#ports.timer(firstWithinMs, () => resolve('late'));
    });
    const look = await Promise.race([looking, limit]);
    cancel();
    if (look !== undefined && look !== 'late') {
      this.#take(look);
      return true;
    }
    // The trees were not searched, so whatever else is there is unknown.
    if (known !== undefined) this.#inForce({ ...this.#lookOf(known), incomplete: [], isHidden: () => true });
    if (look === undefined) {
      this.#again = true;
      return false;
    }
    this.#late = looking;
    this.#ports.warn('targets may be missing: the first search takes long', {
      what: `no answer within ${firstWithinMs / 1000} s; using the targets observed last until it answers`,
    });
    return known !== undefined;
  }

  start(): void {
    this.#started = true;
    if (this.#options.entries.length === 0) return;
    if (this.#late === undefined) this.#schedule(this.#again ? debounceMs : this.#options.intervalMs);
    else this.#follow(this.#late);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    void this.#finder?.stop();
    await this.#looking;
  }

  #schedule(afterMs: number): void {
    if (this.#stopped || !this.#started) return;
    this.#cancel();
    const wait = Math.max(afterMs, this.#rest - this.#ports.steady());
    this.#cancel = this.#ports.timer(wait, () => this.#follow(this.#find()));
  }

  /** Takes over the result of a search, then schedules the next one. */
  #follow(looking: Promise<DiscoveryPass | undefined>): void {
    this.#looking = this.#takeOver(looking).finally(() => {
      this.#looking = undefined;
      this.#schedule(this.#again ? debounceMs : this.#options.intervalMs);
    });
  }

  #changed(): void {
    this.#again = true;
    if (this.#looking === undefined) this.#schedule(debounceMs);
  }

  async #takeOver(looking: Promise<DiscoveryPass | undefined>): Promise<void> {
    const pass = await looking;
    if (pass === undefined || this.#stopped) return;
    const before = this.#look;
    const isFirst = before.ended === undefined;
    const { came, went } = compareTargets(before.targets, pass.targets);
    this.#take(pass);
    try {
      if (came.length + went.length > 0) await this.#ports.replace(pass.targets, { came, went }, isFirst);
    } catch (error) {
      this.#inForce(before);
      const why = error instanceof Error ? error.message : String(error);
      this.#ports.warn('the new list of targets could not be applied', { what: why });
      return;
    }
    if (!isFirst) this.#appeared += came.length;
    this.#vanished += went.length;
    await this.#ports.looked();
  }

  #inForce(pass: DiscoveryPass): void {
    this.#look = pass;
    this.#observed = pass.targets;
  }

  #take(pass: DiscoveryPass): void {
    this.#failed = undefined;
    this.#ownersBefore = this.#look.owners;
    this.#inForce(pass);
    this.#warn();
  }

  #lookOf(expansions: readonly Expansion[]): DiscoveryPass {
    const holders = { now: this.#observed, stored: this.#ports.stored() };
    return passOf(this.#options, expansions, holders, this.#ports.digest);
  }

  /** Runs a search; undefined if it failed or timed out. */
  async #find(): Promise<DiscoveryPass | undefined> {
    if (this.#hangs) return undefined;
    this.#again = false;
    const began = this.#ports.steady();
    let expansions: readonly Expansion[] | undefined;
    let why = `no answer within ${findWithinMs / 1000} s`;
    try {
      expansions = await this.#answer();
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
    }
    if (this.#stopped) return undefined;
    const ended = this.#ports.steady();
    // Before the first result there is nothing to observe, so a failed search is retried without a rest.
    if (expansions !== undefined || this.#look.ended !== undefined)
      this.#rest = ended + Math.min(longestRestMs, restShare * (ended - began));
    if (expansions !== undefined) return { ...this.#lookOf(expansions), ended: this.#ports.clock() };
    this.#abandon();
    this.#failed = why;
    this.#warn();
    return undefined;
  }

  #workspaces(): readonly string[] {
    return this.#observed.filter(({ found }) => found !== undefined).map(({ workspace }) => workspace);
  }

  #running(): FinderHandle {
    this.#finder ??= this.#ports.start(() => this.#changed());
    return this.#finder;
  }

  async #findObserved(): Promise<readonly Expansion[]> {
    return await this.#running().findObserved(this.#workspaces());
  }

  /** Returns the finder's answer; undefined on a timeout. */
  async #answer(): Promise<readonly Expansion[] | undefined> {
    const finder = this.#running();
    let cancel: Cancel = () => {};
    const limit = new Promise<undefined>((resolve) => {
      cancel = this.#ports.timer(findWithinMs, () => resolve(undefined));
    });
    try {
      return await Promise.race([finder.find(this.#workspaces()), limit]);
    } finally {
      cancel();
    }
  }

  #abandon(): void {
    const finder = this.#finder;
    this.#finder = undefined;
    this.#hangs = true;
    void finder?.stop().then(() => {
      this.#hangs = false;
    });
  }

  /** Logs why targets may be missing, once until that changes. */
  #warn(): void {
    const lines = missingTargetLines(this.#look, this.#failed, this.#options.limit);
    const text = JSON.stringify(lines);
    if (text === this.#warned) return;
    this.#warned = text;
    for (const { message, what } of lines) this.#ports.warn(message, { what });
  }
}
