/**
 * Checks that files godrift is told to write collide neither with its own files nor with each other: a
 * mistyped name must not cost the key, the journal or the configuration. Names are compared after resolving
 * symlinks, even where parents are still missing (decision record 0079).
 */
import path from 'node:path';
import { AppError } from '../catalog/errors.ts';
import { visible } from '../catalog/visible.ts';
import { liesIn } from '../host/atomic.ts';
import { isDirectory } from '../host/files.ts';
import { descriptorOf, isSpecial } from '../host/output.ts';
import { realName } from '../host/real-name.ts';
import { isStateName } from '../store/state-directory.ts';

/** The file name in a directory. The textfile collector of node_exporter reads names that end in `.prom`. */
const pageName = 'godrift.prom';

/** Returns the file of the metrics page: for a directory, a file in it. */
export function pageFile(target: string): string {
  return isDirectory({ root: '/', path: target }) ? path.join(target, pageName) : target;
}

/**
 * Returns both readings of a name: the file that it resolves to, and the name itself in its real directory,
 * which is what a replacement overwrites.
 */
function readings(file: string): readonly string[] {
  return [realName(file), path.join(realName(path.dirname(file)), path.basename(file))];
}

/** Throws AppError for `-`, which means standard output elsewhere: this file is replaced as a whole. */
export function refuseStdout(name: string, option: string): void {
  if (name === '-')
    throw new AppError(
      `cannot write ${option} -`,
      'it is standard output, and the option needs a file',
      'name a file',
    );
}

/** A file to be written, and the option that names it. */
export interface NamedFile {
  readonly file: string;
  readonly option: string;
}

/**
 * Reports whether a file is a stream: an open descriptor of this process, a device or a pipe. The type
 * decides and not the path, because /dev/shm holds regular files.
 */
function isStream(file: string): boolean {
  return descriptorOf(file) !== undefined || isSpecial(file);
}

/** Throws AppError for the first file that `whose` reports as taken, or that is written twice. */
function refuse(
  files: readonly NamedFile[],
  whose: (name: string) => string | undefined,
  taken: Map<string, string>,
): void {
  for (const named of files.filter(({ file }) => !isStream(file))) {
    const names = readings(named.file);
    const others = names
      .map((name) => taken.get(name))
      .filter((one) => one !== undefined && one !== named.option);
    const why =
      names.map(whose).find((one) => one !== undefined) ??
      (others.length > 0 ? `it is ${others[0]} too` : undefined);
    if (why !== undefined)
      throw new AppError(`cannot write ${named.option} ${visible(named.file)}`, why, 'name another file');
    for (const name of names) taken.set(name, named.option);
  }
}

/**
 * Refuses files of an exporter that lie in its state directory, are its configuration, or are written twice.
 * Paths are absolute. A log that is rotated comes with the names that it rotates to. Throws AppError.
 */
export function refuseOverlaps(
  files: readonly NamedFile[],
  { stateDirectory, configFile }: { readonly stateDirectory: string; readonly configFile?: string },
): void {
  const state = realName(stateDirectory);
  const configured = configFile === undefined ? [] : readings(configFile);
  const whose = (name: string) =>
    liesIn(state, name) ? 'it lies in the state directory, which is for godrift alone' : undefined;
  refuse(files, whose, new Map(configured.map((name) => [name, 'the configuration'])));
}

/**
 * Refuses files of a command that collide with the exporter's state files or are written twice. Paths are
 * absolute. Throws AppError.
 */
export function refuseKept(files: readonly NamedFile[], stateDirectory: string): void {
  const state = realName(stateDirectory);
  const whose = (name: string) =>
    liesIn(state, name) && isStateName(path.relative(state, name).split('/')[0] ?? '')
      ? 'the exporter keeps its state there'
      : undefined;
  refuse(files, whose, new Map());
}
