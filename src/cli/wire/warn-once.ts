/** Logs a lasting problem once instead of at every pass. */
import { LruCache } from '../../host/lru.ts';
import type { Logger } from '../../tell/log.ts';

/**
 * The most names whose problems are remembered. The least recently used name goes first; its problem is
 * logged once more if it lasts.
 */
const mostSaid = 10_000;

/**
 * Returns a function that warns when the problem of a name differs from its last one. Undefined ends a
 * problem.
 */
export function warnOnce(log: Logger): (name: string, problem: string | undefined) => void {
  const said = new LruCache<string>(mostSaid);
  return (name, problem) => {
    if (problem === undefined) {
      said.delete(name);
    } else if (said.get(name) !== problem) {
      said.set(name, problem);
      log.warn({ target: name }, problem);
    }
  };
}
