/**
 * The watch index: the read traces of many targets, and from them the paths to watch. A stamp that several targets saw alike is held once, compared once a
 * moment and watched once. What is watched is what the traces hold, path by path, and no other list; a path is given up with the last trace that
 * holds it.
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

/** Read traces by a name. */
export interface WatchIndex {
  /** `settled`: while everything is as in this trace, the work that made it would see the same again. */
  keep(name: string, trace: ReadTrace, settled: boolean): void;
  drop(name: string): void;
  /** Whether that trace was settled and everything in it is as it was; false without a trace. */
  same(name: string, now: Moment): boolean;
  /** Of all traces that are held. */
  names(): readonly string[];
  /** What is to be watched for all of them: the same set until a trace brings or takes something. */
  watched(): ReadonlySet<string>;
  /** The names of the traces that one of these changed paths concerns. */
  concerned(changed: readonly string[]): readonly string[];
}

/** An entry with what is watched for it, which is asked once. */
interface Shared {
  readonly entry: TraceEntry;
  readonly watched: readonly string[];
}

/** Files of the kernel announce nothing (proc(5), sysfs(5)), those of another root do: it is held open below /proc. */
const isSilent = (file: string) => /^\/(proc|sys)(\/|$)/.test(file) && !isRooted(file);

/** The links that a path itself is or leads over at its end, and what they lead to, which changes elsewhere. */
function behindLinks(file: string): readonly string[] {
  if (isRooted(file)) return [];
  return linksOn(file).flatMap((link) => {
    try {
      return [link, path.resolve(path.dirname(link), readlinkSync(link))];
    } catch {
      return [link]; // turned a moment ago, which is announced
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

/** Whether something that is watched is a changed path, lies below it, or is every name of its directory. */
function isConcerned(watched: string, changed: readonly string[]): boolean {
  return changed.some(
    (one) =>
      watched === one ||
      watched.startsWith(one === '/' ? one : `${one}/`) ||
      (watched.endsWith(`/${everyName}`) && one.startsWith(watched.slice(0, -1))),
  );
}

/** An index without traces. */
export function createWatchIndex(): WatchIndex {
  const traces = new Map<string, { readonly trace: ReadTrace; readonly settled: boolean }>();
  /** The newest entry of each path or question. */
  const shared = new Map<string, Shared>();
  /** Made when it is asked for; undefined when it would be another one by now. */
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
