/**
 * Watches whether the journal of a running exporter is still as it was written. Its chain is verified once,
 * and again whenever one of its files differs from what this process left; a check that finds nothing changed
 * reads no line. A break counts until every baseline in force was accepted after it, as for a rollback
 * (approved/intact.ts).
 */

import { isSystemError } from '../host/errors.ts';
import { stampFiles } from '../host/file-stamps.ts';
import { acceptedLines } from './approved/named.ts';
import type { FirstReading } from './first-reading.ts';
import { type Journal, type JournalCheck, journalDirectory, verifyJournal } from './journal.ts';
import { storeKey, type TargetName } from './peek.ts';
import { listSegments, type Segment } from './segments.ts';
import { readWitnesses, type Witness } from './witness.ts';

/** Dependencies of a watch. */
export interface ChainPorts {
  readonly stateDirectory: string;
  /** Undefined while nothing can be recorded. */
  readonly journal: () => Journal | undefined;
  /** Observed targets, whose baselines count. */
  readonly targets: () => readonly TargetName[];
  /** Milliseconds since the epoch, and milliseconds of a clock that cannot be set. */
  readonly now: () => number;
  readonly steady: () => number;
  /** Called with a description when the chain breaks, and with undefined when it is intact again. */
  readonly changed: (broken: string | undefined) => void;
}

/** Milliseconds between two checks, and between two verifications of what this process appended. */
const lookEveryMs = 1_000;
const walkEveryMs = 60_000;

interface Seen {
  /** By name of the segment. */
  readonly stamps: ReadonlyMap<string, string>;
  /** Number of the newest line. */
  readonly seq: number;
}

const breakText = ({ firstBroken }: JournalCheck) =>
  firstBroken === undefined
    ? 'the chain is broken'
    : `${firstBroken.segment}:${firstBroken.line} ${firstBroken.why}`;

/** Watches the chain of one journal. */
export class ChainWatch {
  readonly #ports: ChainPorts;
  #seen: Seen | undefined;
  /** The newest line of the newest verification. */
  #proven: Witness | undefined;
  /** Earlier lines do not count any more. */
  #from = 0;
  #intact: boolean | undefined;
  #looked = Number.NEGATIVE_INFINITY;
  #walked = Number.NEGATIVE_INFINITY;
  #busy = false;

  constructor(ports: ChainPorts) {
    this.#ports = ports;
  }

  /** Reports whether the chain is intact; undefined before the first verification has ended. */
  intact(): boolean | undefined {
    return this.#intact;
  }

  /**
   * Starts with a reading that is shared with others. Resolves when it is over; if the journal cannot be
   * read, `intact` stays undefined.
   */
  async begin({ verdict, leave }: Pick<FirstReading, 'verdict' | 'leave'>): Promise<void> {
    await this.#alone(async () => {
      this.#seen = await this.#see().finally(leave);
      await this.#judge(await verdict);
    });
  }

  /**
   * Checks whether the files changed, and if so verifies the chain; at most once a second, and never twice at
   * once.
   */
  async look(): Promise<void> {
    const { steady } = this.#ports;
    if (steady() - this.#looked < lookEveryMs) return;
    await this.#alone(async () => {
      this.#looked = steady();
      const now = await this.#see();
      const before = this.#seen;
      if (now === undefined) return;
      const isAll = before === undefined || this.#intact !== true || isChangedByOthers(before, now);
      if (before !== undefined && now.seq === before.seq && !isChangedByOthers(before, now)) return;
      // Our own lines are verified seldom, but at once while the chain is broken, because accepting a
      // baseline mends it.
      if (!isAll && steady() - this.#walked < walkEveryMs) return;
      const verdict = await this.#walk(isAll ? this.#from : await this.#unproven());
      this.#seen = now;
      await this.#judge(verdict);
    });
  }

  /**
   * Runs `work` unless it is running. A system error leaves the last result: the unreadable journal is
   * reported elsewhere.
   */
  async #alone(work: () => Promise<void>): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      await work();
    } catch (error) {
      if (!isSystemError(error)) throw error;
    } finally {
      this.#busy = false;
    }
  }

  /** Returns the state of the files between two appends. */
  async #see(): Promise<Seen | undefined> {
    const { stateDirectory, journal: get, now } = this.#ports;
    const journal = get();
    return await journal?.serial(async () => {
      const stamps = new Map<string, string>();
      for (const { name, path } of await listSegments(journalDirectory(stateDirectory)))
        stamps.set(name, (await stampFiles([path], now())).stamp);
      return { stamps, seq: journal.head.seq };
    });
  }

  /** Returns the first line of the segment that continues the verified part. */
  async #unproven(): Promise<number> {
    const seq = this.#proven?.seq ?? 0;
    const segments = await listSegments(journalDirectory(this.#ports.stateDirectory));
    const last = segments.findLast(({ first }: Segment) => first <= seq);
    return Math.max(this.#from, last?.first ?? 0);
  }

  async #walk(from: number): Promise<JournalCheck> {
    const { stateDirectory } = this.#ports;
    const proven = this.#proven === undefined ? [] : [this.#proven];
    const witnesses = [...readWitnesses(stateDirectory).witnesses, ...proven].filter(
      ({ seq }) => seq >= from,
    );
    return await verifyJournal(journalDirectory(stateDirectory), witnesses, from);
  }

  async #judge(verdict: JournalCheck): Promise<void> {
    this.#walked = this.#ports.steady();
    let last = verdict;
    const accepted = verdict.ok ? undefined : await this.#acceptedAfter();
    if (accepted !== undefined && accepted > this.#from) {
      last = await this.#walk(accepted);
      if (last.ok) this.#from = accepted;
    }
    if (last.ok && last.head !== undefined) this.#proven = { ...last.head, by: 'an earlier reading' };
    const before = this.#intact;
    this.#intact = last.ok;
    if (before !== last.ok && !(before === undefined && last.ok))
      this.#ports.changed(last.ok ? undefined : breakText(last));
  }

  /** Returns the oldest line among the acceptances in force; undefined if nothing was accepted. */
  async #acceptedAfter(): Promise<number | undefined> {
    const lines = await acceptedLines(this.#ports.stateDirectory);
    const own = this.#ports.targets().flatMap((target) => lines.get(storeKey(target)) ?? []);
    return own.length === 0 ? undefined : Math.min(...own);
  }
}

/** Reports whether files changed other than by our appending (the last grows) and pruning (the oldest go). */
function isChangedByOthers(before: Seen, now: Seen): boolean {
  const names = [...before.stamps.keys()];
  const current = names.at(-1);
  const stays = names.findIndex((name) => now.stamps.has(name));
  if (names.length > 0 && stays < 0) return true;
  return names.slice(stays).some((name) => {
    if (name === current && now.seq !== before.seq) return !now.stamps.has(name);
    return now.stamps.get(name) !== before.stamps.get(name);
  });
}
