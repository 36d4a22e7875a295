/** Finds the directory into which a CI system checked out the code. */
import path from 'node:path';
import { liesIn } from '../host/atomic.ts';
import type { Terminal } from './terminal.ts';

/** Returns the checkout that GitHub or GitLab declares, if `directory` lies in it. */
export function checkoutOfCi({ env }: Pick<Terminal, 'env'>, directory: string): string | undefined {
  for (const name of ['GITHUB_WORKSPACE', 'CI_PROJECT_DIR']) {
    const given = env.get(name);
    if (given && path.isAbsolute(given) && liesIn(given, directory)) return path.normalize(given);
  }
  return undefined;
}
