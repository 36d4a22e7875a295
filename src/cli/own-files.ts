/**
 * Files that godrift is told to write, held against what it keeps itself and against each other: a name that was mistyped must not cost the key, the
 * journal or the configuration. Compared is what names truly stand for, links and parents that are missing yet included (decision record 0079).
 */
import path from 'node:path';
import { AppError } from '../catalog/errors.ts';
import { visible } from '../catalog/visible.ts';
import { liesIn } from '../host/atomic.ts';
import { isDirectory } from '../host/files.ts';
import { descriptorOf, isSpecial } from '../host/output.ts';
import { realName } from '../host/real-name.ts';
import { isStateName } from '../store/state-directory.ts';

/** In a directory; the collector of node_exporter reads what ends so. */
const pageName = 'godrift.prom';

/** The file that a name of the metrics page means: one in it where it is a directory. */
export function pageFile(target: string): string {
  return isDirectory({ root: '/', path: target }) ? path.join(target, pageName) : target;
}

/** Both readings of a name: what it leads to, and the name itself in its real directory, which is what is replaced. */
function readings(file: string): readonly string[] {
  return [realName(file), path.join(realName(path.dirname(file)), path.basename(file))];
}

/** Throws AppError for `-`: elsewhere it is standard output, and what is replaced whole is a file. */
export function refuseStdout(name: string, option: string): void {
  if (name === '-')
    throw new AppError(
      `cannot write ${option} -`,
      'it is standard output, and this is a file that is replaced',
      'name a file',
    );
}

/** A file that is to be written, and how it was named. */
export interface NamedFile {
  readonly file: string;
  readonly option: string;
}

/** Whether what is told there stands in no file: an open descriptor of this process, a device, a pipe. What it is decides, for /dev/shm holds files. */
function isStream(file: string): boolean {
  return descriptorOf(file) !== undefined || isSpecial(file);
}

/** Throws AppError for the first file that `whose` says is somebody's, or that is written twice. */
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
 * Refuses files of an exporter that lie in its state directory, are its configuration, or are written twice; paths are absolute. A log that is
 * rotated is given with the names that it rotates to. Throws AppError.
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

/** Refuses files of one command that the exporter keeps under a name of its own, or that are written twice; paths are absolute. Throws AppError. */
export function refuseKept(files: readonly NamedFile[], stateDirectory: string): void {
  const state = realName(stateDirectory);
  const whose = (name: string) =>
    liesIn(state, name) && isStateName(path.relative(state, name).split('/')[0] ?? '')
      ? 'the exporter keeps its state there'
      : undefined;
  refuse(files, whose, new Map());
}
