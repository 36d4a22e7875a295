/** What may be done with the generations of a build cache. Pure: what is there and who uses it go in, reasons come out. */
import type { CacheUser } from '../host/cache-users.ts';

/** One generation: a GOCACHE of its own. */
export interface Generation {
  readonly name: string;
  /** The place leads to it now. */
  readonly isCurrent: boolean;
  /** ms since the epoch: when it was made, and when the place ceased to lead to it; undefined where that is not known. */
  readonly made?: number;
  readonly left?: number;
  /** Who would miss it. */
  readonly users: readonly CacheUser[];
}

/** Users that are named; more of them say no more. */
const named = 3;

/** Processes in words: `compile (pid 12)`. */
export function usersText(users: readonly CacheUser[]): string {
  const some = users.slice(0, named).map(({ pid, program, by }) => {
    const name = program.slice(program.lastIndexOf('/') + 1);
    return `${name} (pid ${pid}${by === 'unseen' ? ', which cannot be looked into' : ''})`;
  });
  return [...some, ...(users.length > named ? [`${users.length - named} more`] : [])].join(', ');
}

/** Why the place must not lead elsewhere now: a build that was led to something which the other generation lacks would not find it. */
export function whyNotSwap(
  lacking: { readonly unsound: number; readonly unwanted: number },
  builds: readonly CacheUser[],
): string | undefined {
  const missing = lacking.unsound + lacking.unwanted;
  if (missing === 0 || builds.length === 0) return undefined;
  return `${missing} entries of the present generation are damaged and not in the other one, and a build that goes on may have been led to them: ${usersText(builds)}`;
}

/** Why a directory must not become a generation now: for a moment nothing stands at its place. */
export function whyNotAdopt(builds: readonly CacheUser[]): string | undefined {
  return builds.length === 0 ? undefined : `builds go on: ${usersText(builds)}`;
}

/** Why a generation stays; undefined where it may go. `olderThanMs`: so long nothing has led to it. */
export function whyKept(
  { isCurrent, made, left, users }: Generation,
  now: number,
  olderThanMs: number,
): string | undefined {
  if (isCurrent) return 'it is the present one';
  if (users.length > 0) return `it is in use: ${usersText(users)}`;
  if (left === undefined) return 'when it was left is not known yet';
  const minutes = Math.ceil((left + olderThanMs - now) / 60_000);
  if (now - left >= olderThanMs) return undefined;
  return `it was ${left === made ? 'made' : 'left'} a short while ago: ${minutes} min remain`;
}
