/** The directory into which a CI system checked out the code. */
import path from 'node:path';
import { liesIn } from '../host/atomic.ts';
import type { Terminal } from './terminal.ts';

/** Where GitHub or GitLab says that the checkout is, if a directory lies in it. */
export function checkoutOfCi({ env }: Pick<Terminal, 'env'>, directory: string): string | undefined {
  for (const name of ['GITHUB_WORKSPACE', 'CI_PROJECT_DIR']) {
    const given = env.get(name);
    if (given && path.isAbsolute(given) && liesIn(given, directory)) return path.normalize(given);
  }
  return undefined;
}
