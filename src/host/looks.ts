/**
 * The looks of many targets. What several of them saw alike is held once, compared with a moment once, and watched once: what is watched is what
 * looks asked for, path by path, and no other list. A path is given up with the last look that holds it.
 */

import { readlinkSync } from 'node:fs';
import path from 'node:path';
import { linksOn } from './files.ts';
import { type Entry, isLive, type Look, listsNames, looksTheSame, type Moment, sawAlike } from './look.ts';
import { isRooted } from './root.ts';
import { everyName } from './watch.ts';

/** Looks by a name. */
export interface Looks {
  /** `settled`: while everything is as this look saw it, another one would see the same. */
  keep(name: string, look: Look, settled: boolean): void;
  drop(name: string): void;
  /** Whether that look was settled and everything still looks as it did; false without one. */
  same(name: string, now: Moment): boolean;
  /** Of all that are kept. */
  names(): readonly string[];
  /** What is to be watched for all of them. */
  watched(): ReadonlySet<string>;
  /** The names of the looks that one of these changed paths concerns. */
  concerned(changed: readonly string[]): readonly string[];
}

/** An entry with what is watched for it, which is asked once. */
interface Shared {
  readonly entry: Entry;
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

function watchedFor(entry: Entry): readonly string[] {
  const { name, mark } = entry;
  if (isLive(mark) || !path.isAbsolute(name) || isSilent(name)) return [];
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

/** Keeps looks; none at first. */
export function createLooks(): Looks {
  const looks = new Map<string, { readonly look: Look; readonly settled: boolean }>();
  /** The newest entry of each path or question. */
  const shared = new Map<string, Shared>();

  function drop(name: string): void {
    for (const entry of looks.get(name)?.look.entries ?? []) {
      entry.users--;
      if (entry.users === 0 && shared.get(entry.name)?.entry === entry) shared.delete(entry.name);
    }
    looks.delete(name);
  }

  return {
    drop,
    keep(name, look, settled) {
      const entries = look.entries.map((entry) => {
        const before = shared.get(entry.name)?.entry;
        const one = before !== undefined && sawAlike(before, entry) ? before : entry;
        if (one === entry) shared.set(entry.name, { entry, watched: watchedFor(entry) });
        one.users++;
        return one;
      });
      drop(name);
      looks.set(name, { look: { entries }, settled });
    },
    same(name, now) {
      const kept = looks.get(name);
      return kept?.settled === true && looksTheSame(kept.look, now);
    },
    names: () => [...looks.keys()],
    watched: () => new Set([...shared.values()].flatMap(({ watched }) => watched)),
    concerned(changed) {
      const names = new Set<string>();
      for (const [name, { watched }] of shared)
        if (watched.some((one) => isConcerned(one, changed))) names.add(name);
      return [...looks]
        .filter(([, { look }]) => look.entries.some((entry) => names.has(entry.name)))
        .map(([name]) => name);
    },
  };
}
