/**
 * `status/<target>` of the state directory: the status of a target for shell prompts, read without starting a
 * process (docs/shell.md). Two lines: a status word, and the process that keeps the file up to date (`<pid>
 * <start>`, the start as field 22 of /proc/<pid>/stat, proc_pid_stat(5)), so that a leftover file is
 * recognized.
 */
import path from 'node:path';
import process from 'node:process';
import { namesIn } from '../host/append.ts';
import { ensureDirectory, removeFile, writeAtomic } from '../host/atomic.ts';
import { processStart } from '../host/cache-users.ts';
import { attempt, type StateDirectory, type WriteResult } from './state-directory.ts';
import { targetId } from './target-files.ts';

/**
 * Status of a target: the level of its worst finding, `unknown` if it cannot be read, `journal` if the host's
 * journal was altered.
 */
export type StatusWord = 'ok' | 'patch' | 'minor' | 'major' | 'unknown' | 'journal';

const folderOf = (state: StateDirectory) => path.join(state.path, 'status');

/** Returns the file name of a target: its own name where that is a safe file name, else its id. */
export function statusName(target: string): string {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(target) ? target : targetId(target);
}

/** Returns the second line of the files that this process keeps. */
export function keeperLine(): string {
  return `${process.pid} ${processStart(process.pid) ?? '0'}`;
}

/** Returns the text of a status file. */
export function statusText(word: StatusWord, keeper: string): string {
  return `${word}\n${keeper}\n`;
}

/** Replaces the status file of a target. */
export function writeStatus(state: StateDirectory, name: string, text: string): Promise<WriteResult> {
  const file = path.join(folderOf(state), name);
  return attempt(state, file, async () => {
    await ensureDirectory(folderOf(state));
    await writeAtomic(file, text);
    return undefined;
  });
}

/** Removes every status file except `but`, including those left by a killed process. */
export async function removeStatus(state: StateDirectory, but: ReadonlySet<string>): Promise<void> {
  for (const name of await namesIn(folderOf(state)).catch(() => []))
    if (!but.has(name)) await attempt(state, name, () => removeFile(path.join(folderOf(state), name)));
}
