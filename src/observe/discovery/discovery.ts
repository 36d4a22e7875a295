/**
 * When patterns are looked through, and what follows. The looking is done in a thread of its own: a dead network file system costs that thread, and
 * what was found last stays in force. At most a fiftieth of a core is spent on it, however large the trees are.
 */
import type { Clock } from '../../host/machine.ts';
import type { Cancel, SetTimer } from '../../host/timer.ts';
import type { TargetSettings } from '../target.ts';
import { type DiscoveryPass, leftOut, noPass, passOf } from './discovery-pass.ts';
import {
  compareTargets,
  type Expansion,
  type Holders,
  type IncompleteReason,
  incompleteReasons,
  type Skipped,
  type TargetEntry,
} from './entries.ts';

/** A thread that looks through the trees, or what stands for one. */
export interface FinderHandle {
  /** `observed` are the workspaces that are looked at first. */
  find(observed: readonly string[]): Promise<readonly Expansion[]>;
  /** Those alone, and what was observed when the exporter ended: asked before a look, and answered before it. */
  places(observed: readonly string[]): Promise<readonly Expansion[]>;
  /** Resolves when it has ended, which a thread that hangs in the kernel does not. */
  stop(): Promise<void>;
}

export interface DiscoveryPorts {
  readonly clock: Clock;
  /** Milliseconds that no setting of a clock moves: what takes long rests long. */
  readonly steady: Clock;
  readonly timer: SetTimer;
  /** Starts a finder; `changed` is called when something may have come or gone. */
  readonly start: (changed: () => void) => FinderHandle;
  readonly digest: (text: string) => string;
  /** What is stored now, as it decides who comes first ({@link Holders}). */
  readonly stored: () => Holders['stored'];
  /** Takes over another list of targets; resolves when it is in force. `isFirst`: what came may have been there always. */
  readonly replace: (
    targets: readonly TargetSettings[],
    difference: { readonly came: readonly TargetSettings[]; readonly went: readonly TargetSettings[] },
    isFirst: boolean,
  ) => Promise<void>;
  /** Called when what a look found is in force, of each after {@link Discovery.start}; never rejects. */
  readonly looked: () => Promise<void>;
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
  /**
   * Looks for the first time, and replaces nothing. Where that takes too long, targets are those that were observed before; the rest is taken over
   * after {@link Discovery.start}. Resolves with false when it failed, or nothing answered in time.
   */
  first(): Promise<boolean>;
  /** Looks on, each interval and when something is announced. */
  start(): void;
  stop(): Promise<void>;
}

/** No look takes that long, ms: its thread is abandoned. */
export const findWithinMs = 60_000;
/** Nobody waits longer for the first one, ms; what it finds later is taken over then. */
const firstWithinMs = 10_000;
/** Directories are made and filled one after the other, ms. */
const debounceMs = 100;
/** Pauses are at least so many times as long as looks, up to the longest, ms. */
const restShare = 50;
const longestRestMs = 300_000;

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
  /** What is in force. */
  #look: DiscoveryPass;
  /** Those that keep their place before new ones. */
  #observed: readonly TargetSettings[];
  /** Of the look before: what went is in it. */
  #ownersBefore: DiscoveryPass['owners'] = new Map();
  /** Why the last look gave no answer. */
  #failed: string | undefined;
  /** The first look, where nobody waited for it any longer. */
  #late: Promise<DiscoveryPass | undefined> | undefined;
  #appeared = 0;
  #vanished = 0;
  #cancel: Cancel = () => {};
  #looking: Promise<void> | undefined;
  #again = false;
  #started = false;
  #stopped = false;
  /** Not before then, by the steady clock. */
  #rest = 0;
  #warned = '';

  constructor(options: DiscoveryOptions, ports: DiscoveryPorts, before: Discovery | undefined) {
    this.#options = options;
    this.#ports = ports;
    this.#look = noPass(options.named);
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
    void this.#places().then(
      (answer) => {
        known = answer;
      },
      // Whatever it is, the look meets it too, and says it.
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
    // Not looked through: nobody knows what else is there.
    if (known !== undefined) this.#inForce({ ...this.#lookOf(known), incomplete: [], isHidden: () => true });
    if (look === undefined) {
      this.#again = true;
      return false;
    }
    this.#late = looking;
    this.#ports.warn('targets may be missing: looking for them takes long', {
      what: `no answer within ${firstWithinMs / 1000} s yet; those that were observed last are taken meanwhile`,
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

  /** Takes over what a look finds, and looks again after a while. */
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
      this.#ports.warn('targets that came or went are not taken over yet', { what: why });
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

  /** Looks through the trees; undefined when that gave no answer. */
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
    // Before anything was taken over there is nothing that could rest.
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

  async #places(): Promise<readonly Expansion[]> {
    return await this.#running().places(this.#workspaces());
  }

  /** The finder's answer; undefined when it takes too long. */
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

  /** Says what is left out, once as long as it is the same. */
  #warn(): void {
    const lines = leftOut(this.#look, this.#failed, this.#options.limit);
    const text = JSON.stringify(lines);
    if (text === this.#warned) return;
    this.#warned = text;
    for (const { message, what } of lines) this.#ports.warn(message, { what });
  }
}
