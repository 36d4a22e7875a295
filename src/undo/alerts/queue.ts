/**
 * Queues rollback requests: at most one for each facet of a target, carried out one at a time, with a rest
 * before the next one for the same facet. A storm of alerts thus costs no more memory, measurements and
 * journal lines than there are facets. No request is lost, because each measurement starts after the request
 * arrived.
 */
import type { Cancel, SetTimer } from '../../host/timer.ts';
import { type AlertRequest, slotOf } from './request.ts';

/** Most queued requests. */
export const mostWaiting = 1_000;
/** Rest of a facet after a request was handled, in ms. */
export const restMs = 10_000;

/** What a queue needs from its surroundings. */
export interface QueuePorts {
  /** Handles one request to its end. Rejections are ignored. */
  readonly work: (ask: AlertRequest) => Promise<void>;
  readonly timer: SetTimer;
  /** Monotonic clock in ms. */
  readonly steady: () => number;
}

/** Requests in the order of their arrival. */
export class RequestQueue {
  readonly #ports: QueuePorts;
  readonly #waiting = new Map<string, AlertRequest>();
  /** When the rest of a facet ends, in monotonic ms; past entries are deleted. */
  readonly #restsUntil = new Map<string, number>();
  #running: Promise<void> | undefined;
  #wake: Cancel | undefined;
  #stopped = false;

  constructor(ports: QueuePorts) {
    this.#ports = ports;
  }

  /**
   * Reports whether a request for the same facet is queued. It will be handled later than now, so it serves
   * as well.
   */
  has(ask: Pick<AlertRequest, 'target' | 'facet'>): boolean {
    return this.#waiting.has(slotOf(ask));
  }

  /** Returns how many more requests fit. */
  room(): number {
    return mostWaiting - this.#waiting.size;
  }

  /** Queues a request, unless one for the same facet is queued already. */
  add(ask: AlertRequest): void {
    const slot = slotOf(ask);
    if (this.#stopped || this.#waiting.has(slot)) return;
    this.#waiting.set(slot, ask);
    this.#next();
  }

  /** Starts no more work, and resolves when the current work has ended. */
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

  #run(slot: string, ask: AlertRequest): void {
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
