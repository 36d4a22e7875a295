/**
 * Whether git itself put the present content of a file there, by what it keeps: its log of HEAD says which commits were checked out and when, and the
 * two commits say which files that changed. No git is started.
 */
import path from 'node:path';
import { realpathSync } from '../counted-fs.ts';
import { sha1Hex, sha256Hex } from '../digest.ts';
import { readSmallSync } from '../tree.ts';
import { nearestTo } from './checkout.ts';
import { type HeadMove, headMoves, movesWithin } from './reflog.ts';
import type { Repository } from './repository.ts';
import { committedEntry, treeOf } from './revision.ts';
import { underWayIn } from './under-way.ts';

/**
 * Commands that write files of the working tree when they move HEAD, by the words of git's log of HEAD; `git switch` says checkout. `commit` is not among
 * them: there the content came from the file.
 */
const writingCommands = [
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

/** From when until when, ms since the epoch. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** Reads how HEAD of a repository moved between two moments. */
export type ReadMoves = typeof headMoves;

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

/** How HEAD moved in a repository, as this look reads it, and what its commits have. */
interface Moved {
  /** The newest last; empty where git is at work, and its files are nobody's last word. */
  readonly moves: readonly HeadMove[];
  /** The name of what a commit has at a path of names. Throws GitProblem where that cannot be read. */
  readonly committed: (commit: string, names: readonly string[]) => string | undefined;
}

function movedIn(repository: Repository, { from, to }: Window, read: ReadMoves): Moved {
  const moves = read(repository, from, to);
  const trees = new Map<string, string>();
  return {
    moves: moves.length === 0 || underWayIn(repository) !== undefined ? [] : moves,
    committed: (commit, names) => {
      const tree = trees.get(commit) ?? treeOf(repository, commit);
      trees.set(commit, tree);
      return committedEntry(repository, tree, names)?.name;
    },
  };
}

/** By which of the moves, the newest last, a file got the content `now`; `committed` says which content a commit has of it. Undefined where it was none of them, or the file was edited since. */
export function moveThatGave(
  moves: readonly HeadMove[],
  now: string,
  committed: (commit: string) => string | undefined,
): GitWrite | undefined {
  for (const { was, is, at, word } of moves.slice(-mostMoves).reverse()) {
    // A branch without a commit has no content to come from.
    if (/^0+$/.test(was) || committed(is) !== now) return undefined;
    if (committed(was) === now) continue;
    return isWriting(word) ? { command: word, at, commit: is } : undefined;
  }
  return undefined;
}

/**
 * Asks for each of several files (absolute paths) which command gave it its present content between two moments, ms since the epoch: HEAD moved then from a commit with
 * another content of the file to one with just this. Undefined where git was not seen to do it: it is at work still, the file was edited since or is converted at checkout,
 * it is in no repository, or that cannot be read. Never throws. `file` names no link at its end; the repository is the nearest one, that of a submodule where it is in one. `window` holds the moments of all of the files: in it the log of a repository is read once, whatever is asked.
 */
export function gitWrites(
  window: Window,
  read: ReadMoves = headMoves,
): (file: string, between: Window) => GitWrite | undefined {
  const seen = new Map<string, Moved>();
  return (file, { from, to }) => {
    const directory = path.dirname(file);
    try {
      const repository = nearestTo(directory);
      const moved = seen.get(repository.own) ?? movedIn(repository, window, read);
      seen.set(repository.own, moved);
      const moves = movesWithin(moved.moves, from, to);
      const bytes = moves.length === 0 ? undefined : readSmallSync(file, largestFile);
      if (bytes === undefined) return undefined;
      const names = path
        .relative(repository.top, path.join(realpathSync(directory), path.basename(file)))
        .split(path.sep);
      return moveThatGave(moves, blobName(repository, bytes), (commit) => moved.committed(commit, names));
    } catch {
      // A repository may be damaged in any way, and is no reason for a look to fail.
      return undefined;
    }
  };
}
