/**
 * Asks that wait for their turn: one for each facet of a target, done one after the other, and the next one for the same facet no sooner than after a rest. So a
 * storm of alerts costs as much memory, and as many looks and lines of the journal, as there are facets; and nothing that was asked for is left out, for each look
 * begins after it was asked for.
 */
import type { Cancel, SetTimer } from '../../host/timer.ts';
import { type AlertAsk, slotOf } from './choose.ts';

/** Most asks that wait. */
export const mostWaiting = 1_000;
/** How long a facet of a target rests after it was looked at for an alert, ms. */
export const restMs = 10_000;

/** What a queue needs. */
export interface QueuePorts {
  /** Deals with an ask to its end; what it throws is its own. */
  readonly work: (ask: AlertAsk) => Promise<void>;
  readonly timer: SetTimer;
  /** ms that nobody sets. */
  readonly steady: () => number;
}

/** Asks in their order. */
export class AskQueue {
  readonly #ports: QueuePorts;
  readonly #waiting = new Map<string, AlertAsk>();
  /** When a facet may be looked at again; those whose time has come are forgotten. */
  readonly #restsUntil = new Map<string, number>();
  #running: Promise<void> | undefined;
  #wake: Cancel | undefined;
  #stopped = false;

  constructor(ports: QueuePorts) {
    this.#ports = ports;
  }

  /** Whether an ask for the same facet waits: it is dealt with after now, and is as good. */
  has(ask: Pick<AlertAsk, 'target' | 'facet'>): boolean {
    return this.#waiting.has(slotOf(ask));
  }

  /** How many more may wait. */
  room(): number {
    return mostWaiting - this.#waiting.size;
  }

  /** Lets an ask wait; one for the same facet that waits already stays as it is. */
  add(ask: AlertAsk): void {
    const slot = slotOf(ask);
    if (this.#stopped || this.#waiting.has(slot)) return;
    this.#waiting.set(slot, ask);
    this.#next();
  }

  /** Begins nothing more, and resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake?.();
    await this.#running;
  }

  #next(): void {
    if (this.#running !== undefined || this.#stopped) return;
    this.#wake?.();
    this.#wake = undefined;
    const now = this.#ports.steady();
    for (const [slot, until] of this.#restsUntil) if (until <= now) this.#restsUntil.delete(slot);
    const found = [...this.#waiting].find(([slot]) => !this.#restsUntil.has(slot));
    if (found !== undefined) this.#run(...found);
    else if (this.#waiting.size > 0) {
      const first = Math.min(...[...this.#waiting.keys()].map((slot) => this.#restsUntil.get(slot) ?? now));
      this.#wake = this.#ports.timer(Math.max(1, first - now), () => this.#next());
    }
  }

  #run(slot: string, ask: AlertAsk): void {
    this.#waiting.delete(slot);
    this.#running = this.#ports
      .work(ask)
      .catch(() => {})
      .then(() => {
        this.#running = undefined;
        this.#restsUntil.set(slot, this.#ports.steady() + restMs);
        this.#next();
      });
  }
}
