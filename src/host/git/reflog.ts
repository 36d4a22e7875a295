/** Git's own log of where HEAD was (`logs/HEAD`, git-reflog(1)), as far as it says when a commit was checked out and by which command. */
import path from 'node:path';
import { type Repository, textOf } from './repository.ts';

/** One line: HEAD was at one commit and is at another one. */
export interface HeadMove {
  readonly was: string;
  readonly is: string;
  /** ms since the epoch; git writes whole seconds, by its own clock or by GIT_COMMITTER_DATE. */
  readonly at: number;
  /** The first word of what git says of it (`pull`, `checkout`). The rest may be a message, or a URL with a password, and is not read. */
  readonly word: string;
}

/** A reflog grows by a line of some 150 bytes with each commit. */
const reflogLimit = 64 * 1024 * 1024;

const lineForm = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) [^\t]*> (\d+) [+-]\d{4}(?:\t([a-z-]*)|$)/;

/**
 * The moves of HEAD of this working tree, the oldest first: lines are `<old> <new> <name> <email> <seconds> <zone>\t<why>`. Empty where no log is kept
 * or it is too large.
 */
export function headMoves(repository: Repository): readonly HeadMove[] {
  const lines = (textOf(path.join(repository.own, 'logs/HEAD'), reflogLimit) ?? '').split('\n');
  return lines.flatMap((line) => {
    const [, was, is, seconds, word = ''] = lineForm.exec(line) ?? [];
    return was === undefined || is === undefined ? [] : [{ was, is, at: Number(seconds) * 1000, word }];
  });
}
