/**
 * The web configuration in force. It is looked at before each connection and each request, so that a certificate or a user is another from the
 * next one on. What cannot be used, or would take a protection away, is told and changes nothing: the configuration before it stays in force.
 * (The exporter-toolkit answers 500 to everybody then, and lets everybody in while its file is empty.)
 */
import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../../catalog/errors.ts';
import { shared } from './shared.ts';
import { type WebSettings, weakenedBy } from './web-settings.ts';

/** How long a connection waits to hear whether the files are others; behind that, what is in force holds. A dead file system must not stop the page. */
const lookMs = 1_000;
/** What could not be used is tried again at most so often, ms: a file that it names may have come. */
const retryMs = 1_000;

/** A configuration that was read, and the files that it was read from. */
export interface LoadedWebConfig {
  readonly settings: WebSettings;
  readonly files: readonly string[];
}

/** What files looked like; `settled` is false for files that may be written once more without looking otherwise. */
export interface FilesLook {
  readonly stamp: string;
  readonly settled: boolean;
}

export interface WebConfigPorts {
  /** Reads and tries the configuration. Throws AppError for one that cannot be used. */
  readonly load: () => LoadedWebConfig;
  readonly look: (files: readonly string[]) => Promise<FilesLook>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Hears of a new configuration (undefined), and why one cannot be used: once for each reason. */
  readonly report: (problem: string | undefined) => void;
}

export interface WebConfig {
  /** What is in force, after a look at the files. Never rejects. */
  readonly current: () => Promise<WebSettings>;
  /** Whether the files as they are now are what is in force, and since when that is so, ms. */
  readonly state: () => { readonly ok: boolean; readonly loadedAt: number };
}

/** What an unsettled file looks like is never what the next look sees. */
const stampOf = ({ stamp, settled }: FilesLook): string => (settled ? stamp : `unsettled ${stamp}`);

/** Resolves to undefined when something takes longer, or fails. */
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

/** Reads a configuration for the first time and keeps it. Throws AppError where it cannot be used: nothing is there that could stay in force. */
export async function keepWebConfig(ports: WebConfigPorts): Promise<WebConfig> {
  const { load, look, now, report } = ports;
  const lookedAt = await look(load().files);
  // What was changed between the two is read now, or seen by the next look.
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
    // Before the files are read: what is written while they are is seen by the next look.
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

  const refreshed = shared(refresh);
  return {
    current: async () => {
      await within(lookMs, refreshed());
      return settings;
    },
    state: () => ({ ok: problem === undefined, loadedAt }),
  };
}
