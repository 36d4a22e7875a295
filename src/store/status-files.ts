/**
 * `status/<target>` of the state directory: what a prompt shows of a target, read by shells without a process (docs/shell.md). Two lines: one word, and the process that
 * keeps the file true (`<pid> <start>`, the start as field 22 of /proc/<pid>/stat, proc_pid_stat(5)), so that a file which was left behind is known as such.
 */
import path from 'node:path';
import process from 'node:process';
import { namesIn } from '../host/append.ts';
import { ensureDirectory, removeFile, writeAtomic } from '../host/atomic.ts';
import { processStart } from '../host/cache-users.ts';
import { attempt, type StateDirectory, type WriteResult } from './state-directory.ts';
import { targetId } from './target-files.ts';

/** What is said of a target: as bad as the worst finding, that it cannot be read, or that the journal of the host was changed. */
export type StatusWord = 'ok' | 'patch' | 'minor' | 'major' | 'unknown' | 'journal';

const folderOf = (state: StateDirectory) => path.join(state.path, 'status');

/** The name of a target's file: its own name where that can be one; never one that leads elsewhere. */
export function statusName(target: string): string {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(target) ? target : targetId(target);
}

/** The second line of the files that this process keeps. */
export function keeperLine(): string {
  return `${process.pid} ${processStart(process.pid) ?? '0'}`;
}

/** The text of a file. */
export function statusText(word: StatusWord, keeper: string): string {
  return `${word}\n${keeper}\n`;
}

/** Replaces the file of a target. */
export function writeStatus(state: StateDirectory, name: string, text: string): Promise<WriteResult> {
  const file = path.join(folderOf(state), name);
  return attempt(state, file, async () => {
    await ensureDirectory(folderOf(state));
    await writeAtomic(file, text);
    return undefined;
  });
}

/** Removes every file but those, also what a process that was killed left. */
export async function removeStatus(state: StateDirectory, but: ReadonlySet<string>): Promise<void> {
  for (const name of await namesIn(folderOf(state)).catch(() => []))
    if (!but.has(name)) await attempt(state, name, () => removeFile(path.join(folderOf(state), name)));
}
