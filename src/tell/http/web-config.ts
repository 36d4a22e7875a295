/**
 * Keeps the web configuration in force. The files are checked before each connection and each request, so
 * that a new certificate or user counts from the next one on. A new configuration that is unusable, or that
 * would remove a protection, is reported and ignored: the previous one stays in force. (The exporter-toolkit
 * then answers 500 to everybody, and with an empty file it admits everybody.)
 */
import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../../catalog/errors.ts';
import { coalesce } from './coalesce.ts';
import { type WebSettings, weakenedBy } from './web-settings.ts';

/**
 * Most time a connection waits for the check of the files, in ms. After that the current configuration
 * applies: a dead file system must not block the page.
 */
const lookMs = 1_000;
/** Least time between retries of an unusable configuration, in ms: a file that it names may have appeared. */
const retryMs = 1_000;

/** A configuration and the files that it was read from. */
export interface LoadedWebConfig {
  readonly settings: WebSettings;
  readonly files: readonly string[];
}

/** A stamp of files. `settled` is false if they may change once more without a different stamp. */
export interface FilesLook {
  readonly stamp: string;
  readonly settled: boolean;
}

export interface WebConfigPorts {
  /** Reads and tests the configuration. Throws AppError if it is unusable. */
  readonly load: () => LoadedWebConfig;
  readonly look: (files: readonly string[]) => Promise<FilesLook>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Receives undefined for a new configuration, or why one is unusable, once for each reason. */
  readonly report: (problem: string | undefined) => void;
}

export interface WebConfig {
  /** Checks the files and returns the configuration in force. Never rejects. */
  readonly current: () => Promise<WebSettings>;
  /** Reports whether the current files are in force, and since when (ms). */
  readonly state: () => { readonly ok: boolean; readonly loadedAt: number };
}

/** Returns a stamp to compare. That of unsettled files never equals the next one. */
const stampOf = ({ stamp, settled }: FilesLook): string => (settled ? stamp : `unsettled ${stamp}`);

/** Resolves to undefined if `work` takes longer or fails. */
function within<T>(limitMs: number, work: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve) => {
    const limit = setTimeout(resolve, limitMs, undefined);
    limit.unref();
    const end = (value: T | undefined) => {
      clearTimeout(limit);
      resolve(value);
    };
    work.then(end, () => end(undefined));
  });
}

/**
 * Reads the configuration and keeps it up to date. Throws AppError if it is unusable: there is no previous
 * one to fall back to.
 */
export async function keepWebConfig(ports: WebConfigPorts): Promise<WebConfig> {
  const { load, look, now, report } = ports;
  const lookedAt = await look(load().files);
  // A change between the two reads is included now, or seen by the next check.
  let { settings, files } = load();
  let known = stampOf(lookedAt);
  let loadedAt = now();
  let problem: string | undefined;
  let triedAt = 0;

  function take(next: LoadedWebConfig): void {
    const lost = weakenedBy(settings, next.settings);
    if (lost.length > 0)
      throw new AppError(
        'cannot take over the web configuration',
        `it would switch off ${lost.join(' and ')}`,
        'restart godrift if that is meant',
      );
    files = next.files;
    if (problem === undefined && isDeepStrictEqual(settings, next.settings)) return;
    settings = next.settings;
    loadedAt = now();
    problem = undefined;
    report(undefined);
  }

  async function refresh(): Promise<void> {
    // Stamped before reading: a write during the read is seen by the next check.
    const stamp = stampOf(await look(files));
    if (stamp === known && (problem === undefined || now() - triedAt < retryMs)) return;
    known = stamp;
    triedAt = now();
    try {
      take(load());
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (why !== problem) report(why);
      problem = why;
    }
  }

  const refreshed = coalesce(refresh);
  return {
    current: async () => {
      await within(lookMs, refreshed());
      return settings;
    },
    state: () => ({ ok: problem === undefined, loadedAt }),
  };
}
