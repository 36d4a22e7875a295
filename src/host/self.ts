/** Standard metrics of this process, as every exporter has. */
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
  /** Most inotify watches of this user, over all its processes; undefined without inotify. */
  readonly watchLimit?: number;
  /** Longest stall of the event loop since the last call. */
  readonly eventLoopDelayMaxSeconds: number;
}

/** Returns a fact, or nothing where it is unknown: without /proc, or while out of descriptors. */
function known<K extends string>(name: K, ask: () => number): Partial<Record<K, number>> {
  try {
    return { [name]: ask() } as Record<K, number>;
  } catch {
    return {};
  }
}

/**
 * Interval in ms at which the event loop delay is sampled. Each sample wakes the process: 100 samples a
 * second cost an idle exporter more CPU time than its observations. Stalls that matter to a scrape are
 * longer.
 */
const stallResolutionMs = 100;

/** Starts measuring; each call returns the facts and resets those "since the last call". */
export function measureSelf(): () => ProcessFacts {
  const delay = monitorEventLoopDelay({ resolution: stallResolutionMs });
  delay.enable();
  const startTimeSeconds = Date.now() / 1000 - process.uptime();
  return () => {
    const { user, system } = process.cpuUsage();
    // The histogram holds the time between two samples.
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
