/**
 * The watch index holds the read traces of many targets, and derives the paths to watch. An equal stamp of
 * several targets is stored, compared and watched once. The traces are the only source of watched paths; a
 * path is dropped with the last trace that holds it.
 */

import { readlinkSync } from 'node:fs';
import path from 'node:path';
import { linksOn } from './files.ts';
import {
  isLive,
  isUnchanged,
  listsNames,
  type Moment,
  type ReadTrace,
  sawTheSame,
  type TraceEntry,
} from './read-trace.ts';
import { isRooted } from './root.ts';
import { everyName } from './watch.ts';

/** Read traces by name. */
export interface WatchIndex {
  /** Stores a trace. `settled`: while everything is as in this trace, its work would see the same again. */
  keep(name: string, trace: ReadTrace, settled: boolean): void;
  drop(name: string): void;
  /** Reports whether a trace was settled and is unchanged; false without a trace. */
  same(name: string, now: Moment): boolean;
  /** Returns the names of all traces. */
  names(): readonly string[];
  /** Returns the paths to watch; the same set until a trace adds or removes one. */
  watched(): ReadonlySet<string>;
  /** Returns the names of the traces that a change of these paths affects. */
  concerned(changed: readonly string[]): readonly string[];
}

/** An entry, and the paths watched for it. */
interface Shared {
  readonly entry: TraceEntry;
  readonly watched: readonly string[];
}

/**
 * Reports whether changes of a file raise no event: files of /proc and sysfs (proc(5), sysfs(5)), but not
 * another root, which is held open below /proc.
 */
const isSilent = (file: string) => /^\/(proc|sys)(\/|$)/.test(file) && !isRooted(file);

/** Returns the symlinks on a path and their targets, which may change elsewhere. */
function behindLinks(file: string): readonly string[] {
  if (isRooted(file)) return [];
  return linksOn(file).flatMap((link) => {
    try {
      return [link, path.resolve(path.dirname(link), readlinkSync(link))];
    } catch {
      return [link]; // just replaced, which raises an event
    }
  });
}

function watchedFor(entry: TraceEntry): readonly string[] {
  const { name, stamp } = entry;
  if (isLive(stamp) || !path.isAbsolute(name) || isSilent(name)) return [];
  const file = path.normalize(name);
  return [
    file,
    ...(listsNames(entry) ? [path.join(file, everyName)] : []),
    ...behindLinks(file).filter((one) => !isSilent(one)),
  ];
}

/**
 * Reports whether a watched path is affected: it changed, lies below a change, or stands for every name of a
 * directory with one.
 */
function isConcerned(watched: string, changed: readonly string[]): boolean {
  return changed.some(
    (one) =>
      watched === one ||
      watched.startsWith(one === '/' ? one : `${one}/`) ||
      (watched.endsWith(`/${everyName}`) && one.startsWith(watched.slice(0, -1))),
  );
}

/** Creates an empty index. */
export function createWatchIndex(): WatchIndex {
  const traces = new Map<string, { readonly trace: ReadTrace; readonly settled: boolean }>();
  /** The newest entry of each path or question. */
  const shared = new Map<string, Shared>();
  /** Computed on demand; undefined when outdated. */
  let watched: ReadonlySet<string> | undefined;

  function share(entry: TraceEntry): void {
    const before = shared.get(entry.name)?.watched;
    const files = watchedFor(entry);
    shared.set(entry.name, { entry, watched: files });
    if (before?.join('\0') !== files.join('\0')) watched = undefined;
  }

  function drop(name: string): void {
    for (const entry of traces.get(name)?.trace.entries ?? []) {
      entry.users--;
      if (entry.users > 0 || shared.get(entry.name)?.entry !== entry) continue;
      shared.delete(entry.name);
      watched = undefined;
    }
    traces.delete(name);
  }

  return {
    drop,
    keep(name, trace, settled) {
      const entries = trace.entries.map((entry) => {
        const before = shared.get(entry.name)?.entry;
        const one = before !== undefined && sawTheSame(before, entry) ? before : entry;
        if (one === entry) share(entry);
        one.users++;
        return one;
      });
      drop(name);
      traces.set(name, { trace: { entries }, settled });
    },
    same(name, now) {
      const kept = traces.get(name);
      return kept?.settled === true && isUnchanged(kept.trace, now);
    },
    names: () => [...traces.keys()],
    watched() {
      watched ??= new Set([...shared.values()].flatMap((one) => one.watched));
      return watched;
    },
    concerned(changed) {
      const names = new Set<string>();
      for (const [name, { watched }] of shared)
        if (watched.some((one) => isConcerned(one, changed))) names.add(name);
      return [...traces]
        .filter(([, { trace }]) => trace.entries.some((entry) => names.has(entry.name)))
        .map(([name]) => name);
    },
  };
}
