/**
 * Git's own log of where HEAD was (`logs/HEAD`, git-reflog(1)), as far as it says when a commit was checked out and by which command. It grows with each commit for as long as a clone
 * lives, and only its end is of interest: it is read from there, a bounded number of bytes.
 */
import path from 'node:path';
import { closeSync, readSync } from '../counted-fs.ts';
import { type OpenFile, openRegular } from '../open.ts';
import type { Repository } from './repository.ts';

/** One line: HEAD was at one commit and is at another one. */
export interface HeadMove {
  readonly was: string;
  readonly is: string;
  /** ms since the epoch; git writes whole seconds, by its own clock or by GIT_COMMITTER_DATE. */
  readonly at: number;
  /** The first word of what git says of it (`pull`, `checkout`). The rest may be a message, or a URL with a password, and is not read. */
  readonly word: string;
}

/** Where git keeps it. */
export const headLog = ({ own }: Repository): string => path.join(own, 'logs/HEAD');

/** Read at once; a line has some 160 bytes. */
const chunkBytes = 64 * 1024;
/** What {@link headMoves} reads: some 1,600 moves, many more than between two looks. */
export const newestBytes = 4 * chunkBytes;
/** No name of a committer is as long; the message follows it. */
const longestHead = 4096;

// A name may have a tab in it; git takes `<` and `>` out of names and addresses (ident.c, crud).
const lineForm = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) [^>]*> (\d+) [+-]\d{4}(?:\t([a-z-]*)|$)/;

/** A line is `<old> <new> <name> <email> <seconds> <zone>\t<why>`. Undefined for what is none. */
function moveOf(line: string): HeadMove | undefined {
  const [, was, is, seconds, word = ''] = lineForm.exec(line) ?? [];
  return was === undefined || is === undefined ? undefined : { was, is, at: Number(seconds) * 1000, word };
}

/** The beginnings of the whole lines among the last `limit` bytes of a file, the last one first. Closes nothing. */
function* linesBack({ fd, stat }: OpenFile, limit: number): Generator<string> {
  const first = Math.max(0, stat.size - limit);
  const chunk = Buffer.allocUnsafe(chunkBytes);
  // The end of a line whose beginning was not read yet. Undefined until the first newline: git has not finished writing what follows the last one.
  let rest: string | undefined;
  for (let end = stat.size; end > first; ) {
    const from = Math.max(first, end - chunkBytes);
    const length = readSync(fd, chunk, 0, end - from, from);
    // Somebody made it shorter meanwhile (git reflog expire writes another file).
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

/** The moves of HEAD of this working tree, the newest first, of the last `limit` bytes of the log. None where no log is kept, or it is no regular file. */
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

/** Of moves those between two moments, ms since the epoch, both included: git writes whole seconds, and that of a move may have begun before `from`. */
export function movesWithin(moves: readonly HeadMove[], from: number, to: number): readonly HeadMove[] {
  return moves.filter(({ at }) => at + 999 >= from && at <= to);
}

/** How HEAD of this working tree moved between two moments (as {@link movesWithin}), the oldest move first. What is further back than {@link newestBytes} is not seen. */
export function headMoves(repository: Repository, from: number, to: number): readonly HeadMove[] {
  return movesWithin([...movesBack(repository, newestBytes)].reverse(), from, to);
}
