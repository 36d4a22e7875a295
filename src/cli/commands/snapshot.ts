/** `godrift snapshot` and `godrift diff`: print and compare snapshots. */

import path from 'node:path';
import { AppError } from '../../catalog/errors.ts';
import { visible, visibleJson } from '../../catalog/visible.ts';
import { committedFile } from '../../drift/committed.ts';
import { diffEntries } from '../../drift/diff.ts';
import { portableEntries } from '../../drift/portable-entries.ts';
import { withoutHostEntries } from '../../drift/secret-entries.ts';
import { type Entries, formatSnapshot, parseSnapshot, type Snapshot } from '../../drift/snapshot.ts';
import {
  comparedWithPortable,
  isCutOff,
  isPortable,
  withoutPortableMark,
} from '../../drift/snapshot-kinds.ts';
import { descriptorOf } from '../../host/output.ts';
import { readInput } from '../given-input.ts';
import { inspect, stateDirectoryOf } from '../inspect.ts';
import { repositoryRoot, writeFile } from '../output-file.ts';
import { refuseKept } from '../own-files.ts';
import { refuseLinkOut } from '../settings/workspace-file.ts';
import { colorsFor, type Terminal } from '../terminal.ts';

/** Prints the snapshot of a workspace, or writes it to a file, replacing it; returns 0. */
export async function runSnapshot(
  terminal: Terminal,
  directory: string | undefined,
  options: { readonly portable?: boolean; readonly json?: boolean; readonly output?: string },
): Promise<number> {
  if (options.output !== undefined)
    refuseKept(
      [{ option: '--output', file: path.resolve(terminal.cwd, options.output) }],
      stateDirectoryOf(terminal, {}),
    );
  const { state, observation } = await inspect(terminal, directory, { alone: true });
  const entries =
    options.portable === true
      ? portableEntries(state.entries, observation)
      : withoutHostEntries(state.entries);
  // With `> .godrift.snapshot` the shell would write through a symlink out of the workspace: refuse before
  // printing.
  if (state.workspace !== '') refuseLinkOut(state.workspace, committedFile);
  const text =
    options.json === true
      ? `${visibleJson(Object.fromEntries([...entries].sort()))}\n`
      : formatSnapshot(entries, state.time);
  if (options.output === undefined || descriptorOf(options.output) === 1) terminal.stdout.write(text);
  else
    await writeFile(terminal, options.output, text, {
      tree: repositoryRoot(terminal, state.workspace),
      pipes: true,
    });
  return 0;
}

async function read(terminal: Terminal, file: string): Promise<Snapshot> {
  const bytes = await readInput(terminal, file, 'name a snapshot file, or - for standard input');
  try {
    return parseSnapshot(bytes);
  } catch (error) {
    if (error instanceof AppError) throw new AppError(`cannot read ${visible(file)}`, error.why, error.todo);
    throw error;
  }
}

/**
 * Reads two snapshots and returns their comparable entries. If only one of them is portable, the comparison
 * is limited to portable entries, with a message on stderr. Throws AppError for a truncated snapshot.
 */
async function comparedEntries(
  terminal: Terminal,
  files: readonly [a: string, b: string],
): Promise<{ readonly a: Entries; readonly b: Entries; readonly compared: 'whole' | 'portable' }> {
  const { entries: a } = await read(terminal, files[0]);
  const { entries: b } = await read(terminal, files[1]);
  for (const [file, entries, other] of [[files[0], a, b] as const, [files[1], b, a] as const])
    if (isCutOff(entries, other))
      throw new AppError(
        `cannot compare ${visible(file)}`,
        `it was cut off: it is the start of the other snapshot and lacks the end that every snapshot has`,
        'write it anew with godrift snapshot',
      );
  if (isPortable(a) === isPortable(b)) return { a, b, compared: 'whole' };
  const portable = isPortable(a) ? files[0] : files[1];
  terminal.stderr.write(
    `godrift: ${visible(portable)} is a portable snapshot and the other one is whole: compared is what a portable one holds, neither what belongs to a host nor the tools of people\n`,
  );
  return isPortable(a)
    ? { a: withoutPortableMark(a), b: comparedWithPortable(b, a), compared: 'portable' }
    : { a: comparedWithPortable(a, b), b: withoutPortableMark(b), compared: 'portable' };
}

/**
 * Compares two snapshots, each a file, `-` or a descriptor ({@link readInput}). Returns 0 if they are equal,
 * else 1.
 */
export async function runDiff(
  terminal: Terminal,
  a: string,
  b: string,
  options: { readonly json?: boolean },
): Promise<number> {
  const { compared, ...entries } = await comparedEntries(terminal, [a, b]);
  const diff = diffEntries(entries.a, entries.b);
  const { bold, dim } = colorsFor(terminal);
  if (options.json === true) {
    terminal.stdout.write(`${visibleJson({ schema: 'godrift.diff/1', compared, ...diff })}\n`);
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
