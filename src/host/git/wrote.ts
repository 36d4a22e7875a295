/**
 * Decides whether git itself wrote the present content of a file. git's log of HEAD tells which commits were
 * checked out and when; the two commits of a move tell which files it changed. Starts no git.
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
 * Commands that write files of the working tree when they move HEAD, by their word in the log (`git switch`
 * logs checkout). `commit` is not one: it takes the content from the file.
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

/**
 * What git did to a file: the command, its time in the log (ms since the epoch, whole seconds), and the
 * commit that has the present content.
 */
export interface GitWrite {
  readonly command: WritingCommand;
  readonly at: number;
  readonly commit: string;
}

/** A span of time, ms since the epoch. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** Reads the moves of HEAD in a span of time. */
export type ReadMoves = typeof headMoves;

/** Newest moves that are compared; a rebase makes one for each commit. */
const mostMoves = 200;
const largestFile = 16 * 1024 * 1024;

const isWriting = (word: string): word is WritingCommand =>
  (writingCommands as readonly string[]).includes(word);

/** Returns the object name that git gives to the bytes of a file. */
function blobName({ hashBytes }: Repository, bytes: Buffer): string {
  const whole = Buffer.concat([Buffer.from(`blob ${bytes.length}\0`), bytes]);
  return hashBytes === 32 ? sha256Hex(whole) : sha1Hex(whole);
}

/** The moves of HEAD in a repository, and access to its commits. */
interface Moved {
  /** Newest last; empty during an unfinished git operation, when no file is in its final state. */
  readonly moves: readonly HeadMove[];
  /** Returns the object name of a path in a commit. Throws GitProblem if it cannot be read. */
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

/**
 * Finds the move (of `moves`, newest last) that gave a file the content `now`; `committed` returns the
 * content of the file in a commit. Undefined if none did, or the file was edited since.
 */
export function moveThatGave(
  moves: readonly HeadMove[],
  now: string,
  committed: (commit: string) => string | undefined,
): GitWrite | undefined {
  for (const { was, is, at, word } of moves.slice(-mostMoves).reverse()) {
    // A branch without a commit has no old content to compare with.
    if (/^0+$/.test(was) || committed(is) !== now) return undefined;
    if (committed(was) === now) continue;
    return isWriting(word) ? { command: word, at, commit: is } : undefined;
  }
  return undefined;
}

/**
 * Returns a function that tells which command wrote the present content of a file (absolute path) between two
 * moments: HEAD moved then from a commit with other content to one with exactly this.
 *
 * Undefined if git was not seen to write it: an operation is unfinished, the file was edited since or is
 * converted at checkout, it is in no repository, or the repository cannot be read. Never throws. `file` must
 * not be a symlink; the repository is the nearest one, so a submodule's rather than the one around it.
 * `window` spans all moments that are asked about, so that each log is read once.
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
      // A repository may be damaged in any way, which is no reason for an observation to fail.
      return undefined;
    }
  };
}
