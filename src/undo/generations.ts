/**
 * Rules for the generations of a build cache: when one may be swapped in, adopted or deleted. Pure: the
 * functions receive the generations and their users and return reasons for a refusal.
 */
import type { CacheUser } from '../host/cache-users.ts';

/** A generation: one GOCACHE directory among several. */
export interface Generation {
  readonly name: string;
  /** The symlink of the cache points to this generation. */
  readonly isCurrent: boolean;
  /**
   * Times in ms since the epoch: `made`, when the generation was created; `left`, when the symlink stopped
   * pointing to it. Undefined where unknown.
   */
  readonly made?: number;
  readonly left?: number;
  /** Processes that use it. */
  readonly users: readonly CacheUser[];
}

/** Most processes that a message names. */
const named = 3;

/** Formats processes for a message: `compile (pid 12), link (pid 13)`. */
export function usersText(users: readonly CacheUser[]): string {
  const some = users.slice(0, named).map(({ pid, program, by }) => {
    const name = program.slice(program.lastIndexOf('/') + 1);
    return `${name} (pid ${pid}${by === 'unseen' ? ', which cannot be inspected' : ''})`;
  });
  return [...some, ...(users.length > named ? [`${users.length - named} more`] : [])].join(', ');
}

/**
 * Returns why the symlink must not be switched to another generation now, `undefined` if it may. A build that
 * was already led to an entry which the other generation lacks would not find it.
 */
export function whyNotSwap(
  lacking: { readonly unsound: number; readonly unwanted: number },
  builds: readonly CacheUser[],
): string | undefined {
  const missing = lacking.unsound + lacking.unwanted;
  if (missing === 0 || builds.length === 0) return undefined;
  return `${missing} entries of the current generation are damaged and missing in the other one, and a running build may depend on them: ${usersText(builds)}`;
}

/**
 * Returns why a plain cache directory must not be turned into a generation now, `undefined` if it may. While
 * the directory is exchanged for a symlink, its path does not exist for a moment.
 */
export function whyNotAdopt(builds: readonly CacheUser[]): string | undefined {
  return builds.length === 0 ? undefined : `builds are running: ${usersText(builds)}`;
}

/**
 * Returns why a generation must be kept, `undefined` if it may be deleted. `olderThanMs`: how long ago the
 * symlink must have stopped pointing to it.
 */
export function whyKept(
  { isCurrent, made, left, users }: Generation,
  now: number,
  olderThanMs: number,
): string | undefined {
  if (isCurrent) return 'it is the current one';
  if (users.length > 0) return `it is in use: ${usersText(users)}`;
  if (left === undefined) return 'since when it is unused is not known yet';
  const minutes = Math.ceil((left + olderThanMs - now) / 60_000);
  if (now - left >= olderThanMs) return undefined;
  return `it was ${left === made ? 'made' : 'left'} recently: ${minutes} min remain`;
}
