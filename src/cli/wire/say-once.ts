/** A lasting problem is one line of the log, and not one a pass. */
import type { Logger } from '../../tell/log.ts';

/** Warns when what is said under a name is not what was said last; undefined ends a problem. */
export function sayOnce(log: Logger): (name: string, problem: string | undefined) => void {
  const said = new Map<string, string>();
  return (name, problem) => {
    if (problem === undefined) {
      said.delete(name);
    } else if (said.get(name) !== problem) {
      said.set(name, problem);
      log.warn({ target: name }, problem);
    }
  };
}
