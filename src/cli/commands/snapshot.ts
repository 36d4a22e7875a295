/** `godrift snapshot` and `godrift diff`. */

import path from 'node:path';
import { AppError } from '../../catalog/errors.ts';
import { visible, visibleJson } from '../../catalog/visible.ts';
import { committedFile } from '../../drift/committed.ts';
import { diffEntries } from '../../drift/diff.ts';
import { portableEntries } from '../../drift/portable-entries.ts';
import { withoutHostEntries } from '../../drift/secret-entries.ts';
import { formatSnapshot, parseSnapshot, type Snapshot } from '../../drift/snapshot.ts';
import { readFile } from '../../host/files.ts';
import { repositoryRoot, writeFile } from '../asked-file.ts';
import { inspect, stateDirectoryOf } from '../inspect.ts';
import { refuseKept } from '../own-files.ts';
import { refuseLinkOut } from '../settings/workspace-file.ts';
import { colorsFor, type Terminal } from '../terminal.ts';

/** Prints the snapshot of a workspace, or writes it to a file that it replaces; returns 0. */
export async function runSnapshot(
  terminal: Terminal,
  directory: string | undefined,
  options: { readonly portable?: boolean; readonly json?: boolean; readonly output?: string },
): Promise<number> {
  if (options.output !== undefined)
    refuseKept(
      [{ option: '--output', file: path.resolve(terminal.cwd, options.output) }],
      path.resolve(terminal.cwd, stateDirectoryOf(terminal, {})),
    );
  const { state, observation } = await inspect(terminal, directory, { alone: true });
  const entries =
    options.portable === true
      ? portableEntries(state.entries, observation)
      : withoutHostEntries(state.entries);
  // A shell follows the link that `> .godrift.snapshot` names; it gets nothing to write there.
  if (state.workspace !== '') refuseLinkOut(state.workspace, committedFile);
  const text =
    options.json === true
      ? `${visibleJson(Object.fromEntries([...entries].sort()))}\n`
      : formatSnapshot(entries, state.time);
  if (options.output === undefined) terminal.stdout.write(text);
  else
    await writeFile(terminal, options.output, text, {
      tree: repositoryRoot(terminal, state.workspace),
      pipes: true,
    });
  return 0;
}

function read(terminal: Terminal, file: string): Snapshot {
  const bytes = readFile({ root: '/', path: path.resolve(terminal.cwd, file) });
  if (!bytes.ok) throw new AppError(`cannot read ${file}`, bytes.why, 'name a snapshot file');
  try {
    return parseSnapshot(bytes.bytes);
  } catch (error) {
    if (error instanceof AppError) throw new AppError(`cannot read ${file}`, error.why, error.todo);
    throw error;
  }
}

/** Compares two snapshot files; 0 when they are equal, 1 when they differ. */
export function runDiff(
  terminal: Terminal,
  a: string,
  b: string,
  options: { readonly json?: boolean },
): number {
  const diff = diffEntries(read(terminal, a).entries, read(terminal, b).entries);
  const { bold, dim } = colorsFor(terminal);
  if (options.json === true) {
    terminal.stdout.write(`${visibleJson({ schema: 'godrift.diff/1', ...diff })}\n`);
  } else {
    const lines = [
      ...diff.removed.map((change) => dim(visible(`- ${change.key}=${change.old}`))),
      ...diff.changed.flatMap((change) => [
        dim(visible(`- ${change.key}=${change.old}`)),
        bold(visible(`+ ${change.key}=${change.new}`)),
      ]),
      ...diff.added.map((change) => bold(visible(`+ ${change.key}=${change.new}`))),
    ];
    for (const line of lines) terminal.stdout.write(`${line}\n`);
  }
  return diff.added.length + diff.removed.length + diff.changed.length === 0 ? 0 : 1;
}
