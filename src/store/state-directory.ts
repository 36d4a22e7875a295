/**
 * The state directory: its location, whether it can be trusted, and the handling of failed writes. A read-only
 * file system, a full disk or a missing permission never stops the exporter: each failed write is returned as a
 * value, counted for `godrift_journal_errors_total`, and the next write tries again.
 *
 *   admin.sock             lock against a second process, and the admin API (decision record 0003)
 *   godrift-state          marker.ts: whose directory this is
 *   key                    32 random bytes for keyed hashes of secrets
 *   journal/               journal.ts
 *   cursors/<name>.json    cursor.ts
 *   exemptions.json        exemptions.ts
 *   unwritten.json         unwritten.ts
 *   notified/<id>.json     notified.ts
 *   tidings.json           target-changes.ts
 *   approved/<id>/         approved/approved.ts
 *   rollbacks/<id>/        rollbacks.ts
 *   rollback-memory.json   what is remembered of rollbacks (undo/keep-memory.ts)
 *   targets/<id>/          baselines.ts, target-files.ts, gone.ts
 *   cache/, toolchains/    cache-files.ts, and vendor/ as well
 *   fetched/               zips of releases while a rollback needs them (undo/steps/fetch.ts)
 *   telemetry/, copies/    go-folders.ts
 *   status/<target>        status-files.ts
 *   shells/                snapshots of shells, which they write themselves (src/undo/shells)
 */
import path from 'node:path';
import { AppError } from '../catalog/errors.ts';
import { namesIn } from '../host/append.ts';
import { directoryFacts, ensureDirectory, lstatOf } from '../host/atomic.ts';
import { errorCode, isSystemError } from '../host/errors.ts';
import { isDirectory, readFile } from '../host/files.ts';
import { removeLeftovers } from '../host/leftovers.ts';
import { firstForeign } from '../host/private-tree.ts';
import { probeWritable } from '../host/probe.ts';
import { isMarked } from './marker.ts';
import { refuseUntrusted } from './trusted-directory.ts';

/** An open state directory. All fields but `path` are live: each write updates them. */
export interface StateDirectory {
  readonly path: string;
  /** Why it failed: one line for people; undefined while writable. */
  readonly writable: boolean;
  /** Why it did not: one line for people; undefined while writable. */
  readonly problem: string | undefined;
  /** Failed writes since the start. */
  readonly errors: number;
  /**
   * Called before each write; throws the system's error to refuse it (the lock is gone, the directory was
   * replaced).
   */
  readonly guard: () => Promise<void>;
}

/** The result of a write; failures are returned, not thrown. */
export type WriteResult<T = undefined> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string };

type Live = { -readonly [K in keyof StateDirectory]: StateDirectory[K] };

/** Messages for errno(3) and the codes of host/atomic.ts. */
const words: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EIO: 'input/output error',
  ENOENT: 'it is gone',
  ENOTDIR: 'a part of the path is no directory',
  ELOOP: 'it is a symbolic link',
  EMLINK: 'it has a second name (a hard link)',
  EISDIR: 'it is a directory',
  EFTYPE: 'it is no regular file',
  EFOREIGN: 'it holds something else than events',
  ENOTOURS: 'it holds something else than what godrift writes there',
  EFBIG: 'it is too large',
  EXDEV: 'a link on its path leads out of the workspace',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files',
  ESHUTDOWN: 'it is closed',
  ESTALE: 'the state directory was moved or replaced',
};

/** Returns why the system refused, in words for people. */
export function systemReason(error: unknown): string {
  const code = errorCode(error);
  return words[code] ?? (code || String(error));
}

/** {@link systemReason} for a file to be written: ENOENT means that its directory is missing. */
export function writeReason(error: unknown, file: string): string {
  const directory = path.dirname(file);
  return errorCode(error) === 'ENOENT' && !isDirectory({ root: '/', path: directory })
    ? `the directory ${directory} does not exist`
    : systemReason(error);
}

/**
 * Returns the path of the state directory: $STATE_DIRECTORY (systemd.exec(5): the first of a colon-separated
 * list of absolute paths), else $XDG_STATE_HOME/godrift (a relative value is ignored, by the XDG base
 * directory specification), else ~/.local/state/godrift. Throws AppError if none is set.
 */
export function stateDirectoryPath(env: ReadonlyMap<string, string>): string {
  const given = env.get('STATE_DIRECTORY')?.split(':')[0];
  if (given) {
    if (path.isAbsolute(given)) return path.normalize(given);
    throw new AppError(
      'cannot use $STATE_DIRECTORY',
      `${given} is not an absolute path`,
      'give an absolute path',
    );
  }
  const stateHome = env.get('XDG_STATE_HOME');
  if (stateHome && path.isAbsolute(stateHome)) return path.join(stateHome, 'godrift');
  const home = env.get('HOME');
  if (home && path.isAbsolute(home)) return path.join(home, '.local', 'state', 'godrift');
  throw new AppError(
    'cannot tell where to keep state',
    'neither STATE_DIRECTORY nor HOME is set',
    'set STATE_DIRECTORY to a private directory',
  );
}

/**
 * Opens the state directory, created with mode 0700 if absent. Throws AppError if it cannot be trusted (a
 * symlink, another user's, writable by group or others) or is no directory; after any other failure it is
 * open but not writable.
 */
export async function openStateDirectory(directory: string): Promise<StateDirectory> {
  const state: Live = {
    path: directory,
    writable: true,
    problem: undefined,
    errors: 0,
    guard: async () => {},
  };
  const probed = await attempt(state, `state directory ${directory}`, async () => {
    if ((await directoryFacts(directory)) === undefined) await ensureDirectory(directory);
    const facts = await directoryFacts(directory);
    if (facts !== undefined) refuseUntrusted(directory, facts);
    await refuseForeign(directory);
    await refuseOccupied(directory);
    await probeWritable(directory);
  });
  state.writable = probed.ok;
  return state;
}

/** Sets the check made before each write. */
export function setGuard(state: StateDirectory, guard: () => Promise<void>): void {
  (state as Live).guard = guard;
}

/** Tests by writing whether the directory can be written, and updates `writable`. */
export async function probeState(state: StateDirectory): Promise<boolean> {
  return (await attempt(state, state.path, () => probeWritable(state.path))).ok;
}

/** The folders of a state directory; all other names of ours are files. */
const folders = [
  'journal',
  'cursors',
  'targets',
  'cache',
  'toolchains',
  'vendor',
  'fetched',
  'telemetry',
  'copies',
  'notified',
  'approved',
  'rollbacks',
  'shells',
  'status',
];
/** Reports whether a name is one of ours, leftovers of killed writers included. */
export function isStateName(name: string): boolean {
  const file =
    /^(?:(?:key|godrift-state|admin\.sock|(?:exemptions|unwritten|tidings|rollback-memory)\.json)(?:\..*)?|s[0-9a-f]{8})$/;
  return folders.includes(name) || file.test(name);
}
/** Names in a directory that is still unused: of a new volume, and of a killed probe. */
const unused = ['lost+found', '.probe'];
const fileName = /(^|\/)(key|godrift-state|mode|[^/]+\.(json|jsonl|snapshot|ledger|files|bytes))$/;

/**
 * Throws AppError for an entry that another user could have placed: a symlink, a file of another user,
 * anything but a file in place of a file.
 */
async function refuseForeign(directory: string): Promise<void> {
  const expected = (name: string) =>
    folders.includes(name)
      ? 'directory'
      : fileName.test(name) && !name.startsWith('copies/')
        ? 'file'
        : undefined;
  const foreign = await firstForeign(directory, expected);
  if (foreign === undefined) return;
  throw new AppError(
    `cannot use the state directory ${directory}`,
    `${foreign.name} ${foreign.why}`,
    'see who put it there, and move it away',
  );
}

/** Names that only godrift creates, by folder. A file named `key`, even of 32 bytes, may be anybody's. */
const unmistakable = {
  journal: /^journal-\d{12,16}\.jsonl$/,
  notified: /^[0-9a-f]{32}\.json$/,
  toolchains: /^[0-9a-f]{16}\.files$/,
  cache: /^[0-9a-f]{16}\.ledger$/,
};
/**
 * A target's folder (target-files.ts), a name that other programs may use too, and the files of which it has
 * at least one.
 */
const targetFolder = /-[0-9a-f]{16}$/;
const targetFile =
  /^(?:(?:state|gone|accepted|learned)\.json|(?:last|(?:last|accepted|learned)-[0-9a-f]{16})\.snapshot)$/;

/** Files named by their digest, of an approved record or a rollback. */
const keptFile = /^[0-9a-f]{64}\.(?:json|bytes)$/;

/** The telemetry setting that go reads (go-folders.ts). Its date is arbitrary. */
export const telemetryMode = { folder: 'telemetry', file: 'mode', text: 'off 2026-01-01' } as const;

/**
 * Reports whether a directory holds only what an exporter older than the marker (marker.ts) created before
 * recording anything: its key and the folders for go.
 */
async function isEarly(directory: string, names: readonly string[]): Promise<boolean> {
  if (!names.every((name) => unused.includes(name) || isStateName(name))) return false;
  const { folder, file, text } = telemetryMode;
  const mode = readFile({ root: '/', path: path.join(directory, folder, file) }, text.length);
  if (!mode.ok || mode.bytes.toString('utf8') !== text) return false;
  return (await lstatOf(path.join(directory, 'copies')))?.isDirectory() === true;
}

/** Reports whether godrift has used this directory, or is using it. */
async function isUsed(directory: string): Promise<boolean> {
  if (isMarked(directory) || (await lstatOf(adminSocketPath(directory)))?.isSocket() === true) return true;
  const inside = (folder: string) => namesIn(path.join(directory, folder)).catch(() => []);
  for (const [folder, name] of Object.entries(unmistakable))
    if ((await inside(folder)).some((one) => name.test(one))) return true;
  for (const id of await inside('targets'))
    if (targetFolder.test(id) && (await inside(path.join('targets', id))).some((one) => targetFile.test(one)))
      return true;
  return false;
}

/** Throws AppError for a directory with content of others only, such as a mistyped /var/lib or a home. */
async function refuseOccupied(directory: string): Promise<void> {
  const names = await namesIn(directory);
  // A key alone is anybody's: godrift creates the marker first.
  const stranger = names.find((name) => name === 'key' || (!unused.includes(name) && !isStateName(name)));
  if (stranger === undefined || (await isUsed(directory)) || (await isEarly(directory, names))) return;
  throw new AppError(
    `cannot use the state directory ${directory}`,
    `it holds other things (${stranger})`,
    'name an empty directory, or one that does not exist yet',
  );
}

/** Files replaced as a whole, by folder: only there a killed writer may have left their temporary files. */
const replaced: Readonly<Record<string, RegExp>> = {
  '': /^(?:exemptions|unwritten|tidings|rollback-memory)\.json$/,
  cursors: /^[a-z][a-z0-9-]*\.json$/,
  notified: unmistakable.notified,
  cache: /^[0-9a-f]{16}\.(?:ledger|json)$/,
  toolchains: unmistakable.toolchains,
  vendor: unmistakable.toolchains,
  telemetry: /^mode$/,
};
/** Temporary names, with eight digits, from which key and marker are linked (secret-key.ts). */
const linkLeftover = /^(?:key|godrift-state)\.[0-9a-f]{8}$/;

function isReplaced(name: string): boolean {
  const [folder, file] = [path.dirname(name), path.basename(name)];
  const [top, id] = folder.split('/');
  if (top === 'targets') return id !== undefined && targetFolder.test(id) && targetFile.test(file);
  if (top === 'approved') return id !== undefined && targetFolder.test(id) && keptFile.test(file);
  if (top === 'rollbacks') return id !== undefined && (file === 'plan.json' || keptFile.test(file));
  return replaced[folder === '.' ? '' : folder]?.test(file) === true;
}

/** Removes what a killed writer left behind. */
export async function removeStateLeftovers({ path: top }: StateDirectory): Promise<void> {
  await removeLeftovers(top, { folders, isReplaced, isOther: (name) => linkLeftover.test(name) });
}

/**
 * Runs one write. A refusal of the system (an error with an errno) is returned and counted; anything else is
 * a bug of ours, or an AppError, and is thrown.
 */
export async function attempt<T>(
  state: StateDirectory,
  what: string,
  write: () => Promise<T>,
): Promise<WriteResult<T>> {
  const live = state as Live;
  try {
    await state.guard();
    const value = await write();
    live.writable = true;
    live.problem = undefined;
    return { ok: true, value };
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const problem = `cannot write ${what}: ${systemReason(error)}`;
    // A write after the close was refused by us, which says nothing about the disk.
    if (errorCode(error) === 'ESHUTDOWN') return { ok: false, problem };
    live.writable = false;
    live.problem = problem;
    live.errors++;
    return { ok: false, problem };
  }
}

/** Counts a write that does not return; its data may reach the disk later or never. */
export function unanswered(state: StateDirectory): void {
  const live = state as Live;
  live.writable = false;
  live.problem = `cannot write into ${state.path}: the file system does not answer`;
  live.errors++;
}

/** Returns the admin socket of a state directory; `withSocketAddress` of host/lock.ts handles long paths. */
export function adminSocketPath(directory: string): string {
  return path.join(directory, 'admin.sock');
}
