/** Reads the committed baseline of a workspace, from the working tree or from another revision. */
import path from 'node:path';
import { AppError } from '../catalog/errors.ts';
import type { StoredSnapshot } from '../drift/choose-baseline.ts';
import { type Comparison, checkedCommitted, committedFile } from '../drift/committed.ts';
import { parseSnapshot } from '../drift/snapshot.ts';
import { realPathOf } from '../host/files.ts';
import type { Where } from '../host/git/checkout.ts';
import { checkoutOfCi } from './ci-checkout.ts';
import { readWorkspaceFile } from './settings/workspace-file.ts';
import type { Terminal } from './terminal.ts';

/** Ten times the size of the largest repositories: 2,000 modules take 300 KB. */
const committedLimit = { bytes: 4 * 1024 * 1024, entries: 20_000 };

function parsed(bytes: Uint8Array, name: string): StoredSnapshot {
  try {
    return checkedCommitted(parseSnapshot(bytes, committedLimit.entries));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError(
      `cannot use ${name}`,
      error.why,
      'restore it from version control, or write it anew with godrift snapshot --portable',
    );
  }
}

/**
 * Reads the committed baseline of a workspace in a root; undefined if there is none. Throws AppError for a
 * file that is not a snapshot. `found` is the directory in which a workspace that a pattern found must lie.
 */
export function readCommitted(workspace: string, root = '/', found?: string): StoredSnapshot | undefined {
  if (workspace === '') return undefined;
  const remedy = 'restore it from version control, or remove it';
  const place = { root, path: workspace };
  const bytes = readWorkspaceFile(place, committedFile, committedLimit.bytes, remedy, found);
  return bytes === undefined ? undefined : parsed(bytes, path.join(workspace, committedFile));
}

/**
 * Returns the working directory by the name in PWD, if it is the same directory. That name may contain
 * symlinks, which a pull request may have planted.
 */
function namedCwd({ cwd, env }: Terminal): string {
  const named = env.get('PWD') ?? '';
  return path.isAbsolute(named) && isSamePlace(named, cwd) ? path.normalize(named) : cwd;
}

function isSamePlace(one: string, other: string): boolean {
  const [first, second] = [one, other].map((file) => realPathOf({ root: '/', path: file }));
  return first !== undefined && first === second;
}

/** Returns a workspace under the name that the user gave it, and the checkout of CI around it. */
export function whereOf(terminal: Terminal, workspace: string): Where {
  const start = namedCwd(terminal);
  const named = path.resolve(start, path.relative(terminal.cwd, workspace));
  const directory = isSamePlace(named, workspace) ? named : workspace;
  const checkout = checkoutOfCi(terminal, directory);
  return { directory, start, ...(checkout === undefined ? {} : { checkout }) };
}

/**
 * Reads the committed baseline of a revision and that of the working tree. Throws AppError if the revision
 * cannot be read.
 */
export async function compareCommitted(
  terminal: Terminal,
  workspace: string,
  revision: string,
): Promise<Comparison> {
  const { readAtRevision } = await import('../host/git/revision.ts');
  const found = readAtRevision(whereOf(terminal, workspace), committedFile, revision);
  const named = 'top' in found ? `${revision} in ${found.top}` : revision;
  const name = `${committedFile} of ${named}`;
  if (found.state === 'problem')
    throw new AppError(
      `cannot read ${name}`,
      found.why,
      found.todo ?? 'fetch it, or name a commit, branch or tag that is here',
    );
  if (found.state === 'read' && found.bytes.length > committedLimit.bytes)
    throw new AppError(`cannot use ${name}`, 'it is larger than 4 MiB', 'name another revision');
  const there = found.state === 'absent' ? undefined : parsed(found.bytes, name);
  return { revision: named, there, here: readCommitted(workspace) };
}
