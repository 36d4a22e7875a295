/**
 * When patterns are looked through, and what follows. The looking is done in a thread of its own: a dead network file system costs that thread, and
 * what was found last stays in force. At most a fiftieth of a core is spent on it, however large the trees are.
 */
import type { Clock } from '../../host/machine.ts';
import type { Cancel, SetTimer } from '../../host/timer.ts';
import type { TargetSettings } from '../target.ts';
import {
  chooseTargets,
  compareTargets,
  type Expansion,
  type Holders,
  type Incomplete,
  type IncompleteReason,
  incompleteReasons,
  isBelowAny,
  nothingFound,
  type Skipped,
  type TargetEntry,
} from './entries.ts';

/** A thread that looks through the trees, or what stands for one. */
export interface FinderHandle {
  /** `observed` are the workspaces that are looked at first. */
  find(observed: readonly string[]): Promise<readonly Expansion[]>;
  /** Resolves when it has ended, which a thread that hangs in the kernel does not. */
  stop(): Promise<void>;
}

export interface DiscoveryPorts {
  readonly clock: Clock;
  readonly timer: SetTimer;
  /** Starts a finder; `changed` is called when something may have come or gone. */
  readonly start: (changed: () => void) => FinderHandle;
  readonly digest: (text: string) => string;
  /** What is stored now, as it decides who comes first ({@link Holders}). */
  readonly stored: () => Holders['stored'];
  /** Takes over another list of targets; resolves when it is in force. */
  readonly replace: (
    targets: readonly TargetSettings[],
    difference: { readonly came: readonly TargetSettings[]; readonly went: readonly TargetSettings[] },
  ) => Promise<void>;
  readonly warn: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

export interface DiscoveryOptions {
  /** Targets that the configuration names. */
  readonly named: readonly TargetSettings[];
  readonly entries: readonly TargetEntry[];
  /** Most targets that are found. */
  readonly limit: number;
  readonly intervalMs: number;
}

/** What discovery knows of itself, for metrics. */
export interface DiscoveryStats {
  readonly limit: number;
  readonly found: number;
  readonly skipped: Readonly<Record<Skipped['reason'], number>>;
  readonly incomplete: Readonly<Record<IncompleteReason, number>>;
  /** ms since the epoch; undefined before the first look that came to an end. */
  readonly lastSuccess?: number;
  readonly appeared: number;
  readonly vanished: number;
}

export interface Discovery {
  /** Every target now: those that the configuration names, and those that were found. */
  readonly targets: () => readonly TargetSettings[];
  readonly stats: () => DiscoveryStats;
  /** Uid of who owns, or owned last, the workspace of a target that was found; undefined where nobody knows. */
  readonly ownerOf: (workspace: string) => number | undefined;
  /** Whether nobody knows if a workspace is gone: its directory could not be looked at. */
  readonly mayHide: (workspace: string) => boolean;
  /** Looks for the first time, and replaces nothing; resolves with false when that failed or took too long. */
  first(): Promise<boolean>;
  /** Looks on, each interval and when something is announced. */
  start(): void;
  stop(): Promise<void>;
}

/** No look takes that long, ms: its thread is abandoned. */
export const findWithinMs = 60_000;
/** Nobody waits longer for the first one, ms; what it finds later is taken up then. */
const firstWithinMs = 10_000;
/** Directories are made and filled one after the other, ms. */
const debounceMs = 100;
/** Pauses are at least so many times as long as looks, up to the longest, ms. */
const restShare = 50;
const longestRestMs = 300_000;
/** What is named in one line of the log. */
const mostNamed = 5;

/** Makes a discovery of these entries; nothing runs before {@link Discovery.first}. `before` is the one that it takes the place of. */
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
  /** An abandoned finder hangs: another one would hang beside it. */
  #hangs = false;
  #targets: readonly TargetSettings[];
  /** Those that keep their place before new ones. */
  #observed: readonly TargetSettings[];
  #skipped: readonly Skipped[] = [];
  #incomplete: readonly Incomplete[] = [];
  #isHidden: (workspace: string) => boolean = () => false;
  /** Of what the last two looks found: what went is in the one before. */
  #owners: readonly ReadonlyMap<string, number | undefined>[] = [];
  #lastSuccess: number | undefined;
  #appeared = 0;
  #vanished = 0;
  #cancel: Cancel = () => {};
  #looking: Promise<void> | undefined;
  #again = false;
  #started = false;
  #stopped = false;
  /** Not before then, ms since the epoch. */
  #rest = 0;
  #warned = '';

  constructor(options: DiscoveryOptions, ports: DiscoveryPorts, before: Discovery | undefined) {
    this.#options = options;
    this.#ports = ports;
    this.#targets = options.named;
    this.#observed = before?.targets() ?? [];
    this.#appeared = before?.stats().appeared ?? 0;
    this.#vanished = before?.stats().vanished ?? 0;
  }

  readonly targets = () => this.#targets;
  readonly stats = (): DiscoveryStats => {
    const count = (reason: Skipped['reason']) => this.#skipped.filter((one) => one.reason === reason).length;
    return {
      limit: this.#options.limit,
      found: this.#targets.length - this.#options.named.length,
      skipped: { limit: count('limit'), name: count('name') },
      incomplete: Object.fromEntries(
        incompleteReasons.map((reason) => [reason, this.#incompleteFor(reason).length]),
      ) as Record<IncompleteReason, number>,
      ...(this.#lastSuccess === undefined ? {} : { lastSuccess: this.#lastSuccess }),
      appeared: this.#appeared,
      vanished: this.#vanished,
    };
  };

  readonly ownerOf = (workspace: string): number | undefined =>
    this.#owners.find((one) => one.has(workspace))?.get(workspace);

  readonly mayHide = (workspace: string): boolean =>
    this.#options.entries.length > 0 &&
    (this.#lastSuccess === undefined ||
      this.#incompleteFor('failed').length > 0 ||
      this.#isHidden(workspace));

  async first(): Promise<boolean> {
    if (this.#options.entries.length === 0) return true;
    let cancel: Cancel = () => {};
    const limit = new Promise<undefined>((resolve) => {
      cancel = this.#ports.timer(firstWithinMs, () => resolve(undefined));
    });
    const targets = await Promise.race([this.#find(), limit]);
    cancel();
    if (targets !== undefined) this.#take(targets);
    else this.#again = true;
    return targets !== undefined;
  }

  start(): void {
    this.#started = true;
    if (this.#options.entries.length > 0) this.#schedule(this.#again ? debounceMs : this.#options.intervalMs);
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
    const wait = Math.max(afterMs, this.#rest - this.#ports.clock());
    this.#cancel = this.#ports.timer(wait, () => {
      this.#looking = this.#look().finally(() => {
        this.#looking = undefined;
        this.#schedule(this.#again ? debounceMs : this.#options.intervalMs);
      });
    });
  }

  #changed(): void {
    this.#again = true;
    if (this.#looking === undefined) this.#schedule(debounceMs);
  }

  async #look(): Promise<void> {
    const targets = await this.#find();
    if (targets === undefined || this.#stopped) return;
    const difference = compareTargets(this.#targets, targets);
    if (difference.came.length + difference.went.length === 0) return;
    const before = this.#targets;
    this.#take(targets);
    try {
      await this.#ports.replace(targets, difference);
      this.#appeared += difference.came.length;
      this.#vanished += difference.went.length;
    } catch (error) {
      this.#take(before);
      const why = error instanceof Error ? error.message : String(error);
      this.#ports.warn('targets that came or went are not taken over yet', { what: why });
    }
  }

  #take(targets: readonly TargetSettings[]): void {
    this.#targets = targets;
    this.#observed = targets;
  }

  /** Looks through the trees; undefined when that gave no answer. */
  async #find(): Promise<readonly TargetSettings[] | undefined> {
    if (this.#hangs) return undefined;
    this.#again = false;
    const began = this.#ports.clock();
    let expansions: readonly Expansion[] | undefined;
    let why = `no answer within ${findWithinMs / 1000} s`;
    try {
      expansions = await this.#answer();
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
    }
    if (this.#stopped) return undefined;
    const ended = this.#ports.clock();
    this.#rest = ended + Math.min(longestRestMs, restShare * (ended - began));
    if (expansions === undefined) {
      this.#abandon();
      this.#incomplete = [
        ...this.#incomplete.filter(({ reason }) => reason !== 'failed'),
        { directory: why, reason: 'failed' },
      ];
      this.#warn();
      return undefined;
    }
    this.#lastSuccess = ended;
    const { named, entries, limit } = this.#options;
    const each = entries.map((entry, index) => [entry, expansions[index] ?? nothingFound] as const);
    const holders = { now: this.#observed, stored: this.#ports.stored() };
    const { targets, skipped } = chooseTargets(named, each, limit, holders, this.#ports.digest);
    this.#skipped = skipped;
    this.#incomplete = expansions.flatMap(({ incomplete }) => incomplete);
    this.#isHidden = isBelowAny(this.#incomplete);
    const found = expansions.flatMap(({ workspaces }) => workspaces);
    this.#owners = [new Map(found.map(({ path, owner }) => [path, owner])), ...this.#owners.slice(0, 1)];
    this.#warn();
    return targets;
  }

  /** The finder's answer; undefined when it takes too long. */
  async #answer(): Promise<readonly Expansion[] | undefined> {
    this.#finder ??= this.#ports.start(() => this.#changed());
    let cancel: Cancel = () => {};
    const limit = new Promise<undefined>((resolve) => {
      cancel = this.#ports.timer(findWithinMs, () => resolve(undefined));
    });
    try {
      const observed = this.#observed.filter(({ found }) => found !== undefined);
      return await Promise.race([this.#finder.find(observed.map(({ workspace }) => workspace)), limit]);
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

  #incompleteFor(reason: IncompleteReason): readonly string[] {
    return this.#incomplete.filter((one) => one.reason === reason).map(({ directory }) => directory);
  }

  /** Says what is left out, once as long as it is the same. */
  #warn(): void {
    const skipped = (reason: Skipped['reason']) =>
      this.#skipped
        .filter((one) => one.reason === reason)
        .map(({ name, workspace }) => `${name} (${workspace})`);
    const lines = [
      [`there are more than target_limit ${this.#options.limit}`, skipped('limit')],
      ['their name is taken', skipped('name')],
      ['a directory cannot be read', this.#incompleteFor('unreadable')],
      ['a directory has more names than are looked at', this.#incompleteFor('names')],
      ['looking for them failed', this.#incompleteFor('failed')],
    ] as const;
    const left = lines.filter(([, what]) => what.length > 0);
    const text = JSON.stringify(left);
    if (text === this.#warned) return;
    this.#warned = text;
    for (const [why, what] of left) {
      const more = what.length > mostNamed ? `, and ${what.length - mostNamed} more` : '';
      this.#ports.warn(`targets may be missing: ${why}`, {
        what: what.slice(0, mostNamed).join(', ') + more,
      });
    }
  }
}
