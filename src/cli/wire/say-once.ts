/** A lasting problem is one line of the log, and not one a pass. */
import { LruCache } from '../../host/lru.ts';
import type { Logger } from '../../tell/log.ts';

/** Names whose problems are remembered: targets that went take theirs with them. The one that was said longest ago is forgotten, and told once more should it last. */
const mostSaid = 10_000;

/** Warns when what is said under a name is not what was said last; undefined ends a problem. */
export function sayOnce(log: Logger): (name: string, problem: string | undefined) => void {
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
