/** The committed baseline of a workspace: as the working tree has it, and as another revision does. */
import path from 'node:path';
import { AppError } from '../catalog/errors.ts';
import type { StoredSnapshot } from '../drift/choose-baseline.ts';
import { type Comparison, checkedCommitted, committedFile } from '../drift/committed.ts';
import { parseSnapshot } from '../drift/snapshot.ts';
import { readFile } from '../host/files.ts';
import { refuseLinkOut } from './workspace-file.ts';

/** Ten times what the largest repositories have: 2,000 modules in 300 KB. */
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

/** The committed baseline of a workspace, or undefined. Throws AppError for a file that is no snapshot. */
export function readCommitted(workspace: string): StoredSnapshot | undefined {
  if (workspace === '') return undefined;
  const file = path.join(workspace, committedFile);
  refuseLinkOut(workspace, file);
  const read = readFile({ root: '/', path: file }, committedLimit.bytes);
  if (read.ok) return parsed(read.bytes, file);
  if (read.failure === 'absent') return undefined;
  throw new AppError(`cannot read ${file}`, read.why, 'restore it from version control, or remove it');
}

/** The committed baseline of a revision beside the working tree's. Throws AppError when the revision cannot be read. */
export async function compareCommitted(workspace: string, revision: string): Promise<Comparison> {
  const { readAtRevision } = await import('../host/git/revision.ts');
  const name = `${committedFile} of ${revision}`;
  const found = readAtRevision(workspace, committedFile, revision);
  if (found.state === 'problem')
    throw new AppError(
      `cannot read ${name}`,
      found.why,
      'fetch it, or name a commit, branch or tag that is here',
    );
  if (found.state === 'read' && found.bytes.length > committedLimit.bytes)
    throw new AppError(`cannot use ${name}`, 'it is larger than 4 MiB', 'name another revision');
  const there = found.state === 'absent' ? undefined : parsed(found.bytes, name);
  return { revision, there, here: readCommitted(workspace) };
}
