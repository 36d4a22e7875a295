/** What every exporter says of its own process. */
import { readdirSync, readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';

export interface ProcessFacts {
  readonly cpuSeconds: number;
  /** Undefined where /proc is absent. */
  readonly residentBytes?: number;
  readonly startTimeSeconds: number;
  /** Undefined where /proc is absent. */
  readonly openFds?: number;
  /** Most directories that this user may watch, all its processes together; undefined where there is no inotify. */
  readonly watchLimit?: number;
  /** Longest stall of the event loop since the last call. */
  readonly eventLoopDelayMaxSeconds: number;
}

/** A fact that the system may not tell: without /proc, or out of descriptors for a moment. What is unknown is left out. */
function known<K extends string>(name: K, ask: () => number): Partial<Record<K, number>> {
  try {
    return { [name]: ask() } as Record<K, number>;
  } catch {
    return {};
  }
}

/**
 * How often the event loop is asked whether it is late, ms: each time wakes the process, and a hundred times a second took more of an idle exporter's
 * time than all that it looked at. Stalls that matter to a scrape are longer.
 */
const stallResolutionMs = 100;

/** Starts to measure; each call reads and resets what is "since the last call". */
export function measureSelf(): () => ProcessFacts {
  const delay = monitorEventLoopDelay({ resolution: stallResolutionMs });
  delay.enable();
  const startTimeSeconds = Date.now() / 1000 - process.uptime();
  return () => {
    const { user, system } = process.cpuUsage();
    // What the histogram holds is the time between two of its turns.
    const max = delay.max / 1e9 - stallResolutionMs / 1e3;
    delay.reset();
    return {
      cpuSeconds: (user + system) / 1e6,
      startTimeSeconds,
      eventLoopDelayMaxSeconds: Number.isFinite(max) ? Math.max(0, max) : 0,
      ...known('residentBytes', () => process.memoryUsage.rss()),
      ...known('openFds', () => readdirSync('/proc/self/fd').length - 1),
      ...known('watchLimit', () => Number(readFileSync('/proc/sys/fs/inotify/max_user_watches', 'utf8'))),
    };
  };
}
