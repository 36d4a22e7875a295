/**
 * Reads git's log of HEAD (`logs/HEAD`, git-reflog(1)) for when a commit was checked out and by which
 * command. The log grows with each commit over the life of a clone, and only its end matters: a bounded
 * number of bytes is read backwards from there.
 */
import path from 'node:path';
import { closeSync, readSync } from '../counted-fs.ts';
import { type OpenFile, openRegular } from '../open.ts';
import type { Repository } from './repository.ts';

/** One line: HEAD moved from one commit to another. */
export interface HeadMove {
  readonly was: string;
  readonly is: string;
  /** In ms since the epoch. git writes whole seconds, by its own clock or GIT_COMMITTER_DATE. */
  readonly at: number;
  /**
   * First word of git's message (`pull`, `checkout`). The rest may be a commit message or a URL with a
   * password, and is dropped.
   */
  readonly word: string;
}

/** Returns the path of the log. */
export const headLog = ({ own }: Repository): string => path.join(own, 'logs/HEAD');

/** Bytes read at a time; a line has some 160 bytes. */
const chunkBytes = 64 * 1024;
/** Bytes read by {@link headMoves}: some 1,600 moves, many more than between two observations. */
export const newestBytes = 4 * chunkBytes;
/** Bytes kept of a line: longer than any committer name, which the message follows. */
const longestHead = 4096;

// A name may contain a tab; git removes `<` and `>` from names and addresses (ident.c, crud).
const lineForm = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) [^>]*> (\d+) [+-]\d{4}(?:\t([a-z-]*)|$)/;

/** Parses a line `<old> <new> <name> <email> <seconds> <zone>\t<why>`; undefined for anything else. */
function moveOf(line: string): HeadMove | undefined {
  const [, was, is, seconds, word = ''] = lineForm.exec(line) ?? [];
  return was === undefined || is === undefined ? undefined : { was, is, at: Number(seconds) * 1000, word };
}

/**
 * Yields the beginnings of the complete lines in the last `limit` bytes of a file, last line first. The
 * caller closes the file.
 */
function* linesBack({ fd, stat }: OpenFile, limit: number): Generator<string> {
  const first = Math.max(0, stat.size - limit);
  const chunk = Buffer.allocUnsafe(chunkBytes);
  // The tail of a line whose beginning is not read yet. Undefined until the first newline is found: what
  // follows the last newline is still being written.
  let rest: string | undefined;
  for (let end = stat.size; end > first; ) {
    const from = Math.max(first, end - chunkBytes);
    const length = readSync(fd, chunk, 0, end - from, from);
    // The file shrank meanwhile (git reflog expire writes another file).
    if (length < end - from) return;
    const lines = chunk.toString('latin1', 0, length).split('\n');
    const [open = ''] = lines;
    for (let index = lines.length - 1; index > 0; index--) {
      if (rest !== undefined) yield (lines[index] + rest).slice(0, longestHead);
      rest = '';
    }
    rest = rest === undefined ? undefined : (open + rest).slice(0, longestHead);
    end = from;
  }
  if (first === 0 && rest !== undefined) yield rest;
}

/**
 * Yields the moves of HEAD in this working tree, newest first, from the last `limit` bytes of the log. None
 * if no log is kept, or it is not a regular file.
 */
export function* movesBack(repository: Repository, limit: number): Generator<HeadMove> {
  let file: OpenFile;
  try {
    file = openRegular(headLog(repository));
  } catch {
    return;
  }
  try {
    for (const line of linesBack(file, limit)) {
      const move = moveOf(line);
      if (move !== undefined) yield move;
    }
  } finally {
    closeSync(file.fd);
  }
}

/**
 * Returns the moves between two moments, ms since the epoch, both inclusive. A move in the second of `from`
 * counts, because git writes whole seconds.
 */
export function movesWithin(moves: readonly HeadMove[], from: number, to: number): readonly HeadMove[] {
  return moves.filter(({ at }) => at + 999 >= from && at <= to);
}

/**
 * Returns how HEAD moved between two moments (see {@link movesWithin}), oldest first. Moves before the last
 * {@link newestBytes} are not seen.
 */
export function headMoves(repository: Repository, from: number, to: number): readonly HeadMove[] {
  return movesWithin([...movesBack(repository, newestBytes)].reverse(), from, to);
}
