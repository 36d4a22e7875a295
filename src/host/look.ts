/**
 * What a piece of work asked of the file system, and how each thing looked then, so that the next pass can tell by stat alone
 * that it would see the same again. The functions of files.ts note every path that they touch, also those that are absent.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { statSync } from 'node:fs';

/** What identifies a file without reading it. */
interface Stat {
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

/** Paths with their marks. */
export type Look = ReadonlyMap<string, string>;

const absent = '-';
const current = new AsyncLocalStorage<Map<string, string>>();

function markOf(stat: Stat | undefined): string {
  if (stat === undefined) return absent;
  const { dev, ino, size, mode, uid, mtimeMs, ctimeMs } = stat;
  return `${dev} ${ino} ${size} ${mode} ${uid} ${mtimeMs} ${ctimeMs}`;
}

/** Notes a path with what stat said of it before it was used; `undefined` where it could not be had. The first note of a path stays. */
export function note(path: string, stat: Stat | undefined): void {
  const look = current.getStore();
  if (look !== undefined && !look.has(path)) look.set(path, markOf(stat));
}

const probes = new Map<string, () => string>();

/** Notes what a question is answered now that stat cannot tell, such as which processes run; it is asked again when looks are compared. */
export function probe(name: string, ask: () => string): void {
  const key = `?${name}`;
  probes.set(key, ask);
  const look = current.getStore();
  if (look !== undefined && !look.has(key)) look.set(key, ask());
}

/** Runs the work and collects what it asked, in what it awaits too. */
export async function recordLook<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly look: Look }> {
  const look = new Map<string, string>();
  return { value: await current.run(look, work), look };
}

function markNow(path: string): string {
  const ask = probes.get(path);
  if (ask !== undefined) return ask();
  try {
    return markOf(statSync(path, { throwIfNoEntry: false }));
  } catch {
    return absent; // not to be had, like then
  }
}

/** Whether everything still looks as it did. `now` holds marks of this moment; looks that are checked together share it. */
export function looksTheSame(look: Look, now: Map<string, string>): boolean {
  for (const [path, mark] of look) {
    let found = now.get(path);
    if (found === undefined) {
      found = markNow(path);
      now.set(path, found);
    }
    if (found !== mark) return false;
  }
  return true;
}
