/**
 * Whether git itself put the present content of a file there, by what it keeps: its log of HEAD says which commits were checked out and when, and the
 * two commits say which files that changed. No git is started.
 */
import path from 'node:path';
import { sha1Hex, sha256Hex } from '../digest.ts';
import { readSmallSync } from '../tree.ts';
import { checkoutOf } from './checkout.ts';
import { headMoves } from './reflog.ts';
import type { Repository } from './repository.ts';
import { committedEntry, treeOf } from './revision.ts';
import { gitUnderWay } from './under-way.ts';

/**
 * Commands that write files of the working tree when they move HEAD, by the words of git's log of HEAD; `git switch` says checkout. `commit` is not among
 * them: there the content came from the file.
 */
export const writingCommands = [
  'checkout',
  'pull',
  'merge',
  'rebase',
  'reset',
  'cherry-pick',
  'revert',
  'am',
] as const;
export type WritingCommand = (typeof writingCommands)[number];

/** What git did to a file: the command, when its log says it was (ms since the epoch, whole seconds), and the commit whose content the file has since. */
export interface GitWrite {
  readonly command: WritingCommand;
  readonly at: number;
  readonly commit: string;
}

/** Newest moves of HEAD that are compared; a rebase makes one for each commit. */
const mostMoves = 200;
const largestFile = 16 * 1024 * 1024;

const isWriting = (word: string): word is WritingCommand =>
  (writingCommands as readonly string[]).includes(word);

/** The name under which git keeps the bytes of a file. */
function blobName({ hashBytes }: Repository, bytes: Buffer): string {
  const whole = Buffer.concat([Buffer.from(`blob ${bytes.length}\0`), bytes]);
  return hashBytes === 32 ? sha256Hex(whole) : sha1Hex(whole);
}

/**
 * The command that gave a file (an absolute path) its present content between two moments, ms since the epoch: HEAD moved then from a commit with another content of
 * the file to one with just this. Undefined where git was not seen to do it: it is at work still, the file was edited since or is converted at checkout,
 * it is in no repository, or that cannot be read. Never throws.
 */
export function gitWriteOf(file: string, from: number, to: number): GitWrite | undefined {
  const directory = path.dirname(file);
  const where = { directory, start: directory };
  try {
    const repository = checkoutOf(where);
    const names = path.relative(repository.top, file).split(path.sep);
    // git writes whole seconds.
    const moves = headMoves(repository).filter(({ at }) => at + 999 >= from && at <= to);
    if (moves.length === 0 || gitUnderWay(where) !== undefined) return undefined;
    const bytes = readSmallSync(file, largestFile);
    if (bytes === undefined) return undefined;
    const now = blobName(repository, bytes);
    const committed = (commit: string) => committedEntry(repository, treeOf(repository, commit), names)?.name;
    for (const { was, is, at, word } of moves.slice(-mostMoves).reverse()) {
      // A branch without a commit has no content to come from.
      if (/^0+$/.test(was) || committed(is) !== now) return undefined;
      if (committed(was) === now) continue;
      return isWriting(word) ? { command: word, at, commit: is } : undefined;
    }
    return undefined;
  } catch {
    // A repository may be damaged in any way, and is no reason for a look to fail.
    return undefined;
  }
}
