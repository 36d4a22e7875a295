/**
 * Whether the journal of a running exporter is still what was written: its chain is walked once, and again when a file of it is another one than this process left. A
 * look that finds nothing changed reads no line. A break counts until every baseline that is in force was accepted after it, as for a rollback (approved/intact.ts).
 */

import { isSystemError } from '../host/errors.ts';
import { stampFiles } from '../host/file-stamps.ts';
import { acceptedLines } from './approved/named.ts';
import type { FirstReading } from './first-reading.ts';
import { type Journal, journalDirectory, type Verdict, verifyJournal } from './journal.ts';
import { storeKey, type TargetName } from './peek.ts';
import { listSegments, type Segment } from './segments.ts';
import { readWitnesses, type Witness } from './witness.ts';

/** What a watch needs. */
export interface ChainPorts {
  readonly stateDirectory: string;
  /** Undefined while nothing can be recorded. */
  readonly journal: () => Journal | undefined;
  /** Targets that are observed: whose baselines count. */
  readonly targets: () => readonly TargetName[];
  /** ms since the epoch, and ms that nobody sets. */
  readonly now: () => number;
  readonly steady: () => number;
  /** Hears when the chain breaks, in words, and when it holds again. */
  readonly changed: (broken: string | undefined) => void;
}

/** Between two looks, ms; and between two walks over what this process has appended itself. */
const lookEveryMs = 1_000;
const walkEveryMs = 60_000;

interface Seen {
  /** By the name of a segment. */
  readonly stamps: ReadonlyMap<string, string>;
  /** Number of the newest line. */
  readonly seq: number;
}

const breakText = ({ firstBroken }: Verdict) =>
  firstBroken === undefined
    ? 'the chain is broken'
    : `${firstBroken.segment}:${firstBroken.line} ${firstBroken.why}`;

/** Watches the chain of one journal. */
export class ChainWatch {
  readonly #ports: ChainPorts;
  #seen: Seen | undefined;
  /** The newest line of the newest walk. */
  #proven: Witness | undefined;
  /** Lines before it do not count any more. */
  #from = 0;
  #intact: boolean | undefined;
  #looked = Number.NEGATIVE_INFINITY;
  #walked = Number.NEGATIVE_INFINITY;
  #busy = false;

  constructor(ports: ChainPorts) {
    this.#ports = ports;
  }

  /** Whether the chain holds; undefined before the first walk has ended. */
  intact(): boolean | undefined {
    return this.#intact;
  }

  /** Begins with a reading that others wait for too. Resolves when it is over; where the journal cannot be read nothing is known of it. */
  async begin({ verdict, leave }: Pick<FirstReading, 'verdict' | 'leave'>): Promise<void> {
    await this.#alone(async () => {
      this.#seen = await this.#see().finally(leave);
      await this.#judge(await verdict);
    });
  }

  /** Looks whether the files changed, and walks the chain where they did; at most once a second, and never twice at once. */
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
      // What this process appends is walked seldom, but at once while the chain is broken: a baseline that is accepted then mends it.
      if (!isAll && steady() - this.#walked < walkEveryMs) return;
      const verdict = await this.#walk(isAll ? this.#from : await this.#unproven());
      this.#seen = now;
      await this.#judge(verdict);
    });
  }

  /** What the system refuses leaves what was known: that the journal cannot be read is told elsewhere. */
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

  /** The files as they are between two appends. */
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

  /** The first line of the segment that goes on with what was proven. */
  async #unproven(): Promise<number> {
    const seq = this.#proven?.seq ?? 0;
    const segments = await listSegments(journalDirectory(this.#ports.stateDirectory));
    const last = segments.findLast(({ first }: Segment) => first <= seq);
    return Math.max(this.#from, last?.first ?? 0);
  }

  async #walk(from: number): Promise<Verdict> {
    const { stateDirectory } = this.#ports;
    const proven = this.#proven === undefined ? [] : [this.#proven];
    const witnesses = [...readWitnesses(stateDirectory).witnesses, ...proven].filter(
      ({ seq }) => seq >= from,
    );
    return await verifyJournal(journalDirectory(stateDirectory), witnesses, from);
  }

  async #judge(verdict: Verdict): Promise<void> {
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

  /** The oldest line among the acceptances that are in force; undefined where nothing was accepted. */
  async #acceptedAfter(): Promise<number | undefined> {
    const lines = await acceptedLines(this.#ports.stateDirectory);
    const own = this.#ports.targets().flatMap((target) => lines.get(storeKey(target)) ?? []);
    return own.length === 0 ? undefined : Math.min(...own);
  }
}

/** Whether files changed otherwise than by appending and pruning, by which the last one grows and the oldest ones go. */
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
