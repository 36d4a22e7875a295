/**
 * Generates the script that creates a sandbox: a mount namespace with a layer over every directory that a
 * build may write, and everything else read-only. A command there sees the machine as it is, under the same
 * names, and leaves traces in the layers only. It is text, so that a user can read it.
 */
import type { MountEntry } from '../mounts.ts';

/** Programs that create the sandbox, by absolute path, independent of the world's PATH. */
export interface SandboxTools {
  readonly mount: string;
  readonly unshare: string;
  /** ip(8), which brings the loopback interface up; undefined if absent. */
  readonly ip?: string;
}

/** A directory with a layer over it. */
export interface Layer {
  /** Real path. */
  readonly path: string;
  readonly upper: string;
  readonly work: string;
  /**
   * Mount point for the real directory, under a name without characters that are special in mount options.
   */
  readonly lower: string;
}

/** Input of the script. */
export interface ScriptParts {
  readonly tools: SandboxTools;
  /** The folder of the sandbox itself, the only writable place. */
  readonly stage: string;
  /** Outer directories before those in them. */
  readonly layers: readonly Layer[];
  /**
   * Missing directories that a command may create: a folder of the sandbox is mounted at each, where
   * possible.
   */
  readonly made: readonly { readonly path: string; readonly from: string }[];
  readonly mounts: readonly MountEntry[];
  /** Set in a user namespace: its root may mount, and the command runs as this user. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** False: a network namespace with only its loopback interface. */
  readonly hasNetwork: boolean;
  /** The world's PATH, undefined if unset; used by its command and edits, not for creating the world. */
  readonly path: string | undefined;
  /** Lines of sh that change the world before the command. */
  readonly edits: readonly string[];
  readonly directory: string;
}

/** Quotes a word for sh. */
export const word = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** PATH of the script itself. */
const ownPath = '/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Returns the sh text that sets the PATH of a world. An unset PATH stays unset for programs, while sh
 * searches its default.
 */
export const worldPath = (path: string | undefined): string =>
  path === undefined ? `unset PATH; PATH=${ownPath}` : `PATH=${word(path)}; export PATH`;

/**
 * Mount flags that a remount must repeat, because dropping one fails in a user namespace (mount(2), EPERM).
 */
const repeated = ['nosuid', 'nodev', 'noexec', 'noatime', 'nodiratime', 'relatime'];

const isBelow = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);

/** Kernel file systems, through which nothing on a disk can be written. */
const kernels = ['/proc', '/sys', '/dev'];

function readOnly({ mount }: SandboxTools, { point, options }: MountEntry): string {
  const flags = ['remount', 'bind', 'ro', ...repeated.filter((flag) => options.includes(flag))];
  // A mount that this user may not enter cannot be remounted, and need not be.
  return `${mount} -o ${flags.join(',')} ${word(point)} 2>/dev/null || test ! -w ${word(point)} || fail ${word(`cannot make ${point} read-only`)}`;
}

/** Returns the mounts below a layer that have no layer themselves: the layer would hide them. */
function nested({ layers, mounts, stage }: ScriptParts): readonly MountEntry[] {
  return mounts.filter(
    ({ point }) =>
      point !== stage &&
      layers.some(({ path }) => point !== path && isBelow(point, path)) &&
      !layers.some(({ path }) => path === point),
  );
}

/**
 * Returns the script. It writes `ready` to descriptor 3 once the world exists; a failure before that is not a
 * result of the command.
 */
export function sandboxScript(parts: ScriptParts): string {
  const { tools, stage, layers, made, mounts, user, hasNetwork, path: found, edits, directory } = parts;
  const { mount, unshare, ip } = tools;
  const within = nested(parts);
  const kept = (index: number) => word(`${stage}/within/${index}`);
  return [
    'set -u',
    `PATH=${ownPath}; export PATH`,
    'fail() { echo "$1" >&3; exit 125; }',
    `${mount} --bind ${word(stage)} ${word(stage)} || fail 'cannot bind a directory'`,
    ...mounts
      .filter(({ point }) => point !== stage && !kernels.some((one) => isBelow(point, one)))
      .map((one) => readOnly(tools, one)),
    ...layers.map(
      ({ path, lower }) =>
        `${mount} --bind ${word(path)} ${word(lower)} || fail ${word(`cannot bind ${path}`)}`,
    ),
    ...within.map(
      ({ point }, index) =>
        `mkdir -p ${kept(index)} && ${mount} --bind ${word(point)} ${kept(index)} 2>/dev/null || :`,
    ),
    ...layers.map(({ path, lower, upper, work }) => {
      const options = [
        ...(user === undefined ? [] : ['userxattr']),
        `lowerdir=${lower}`,
        `upperdir=${upper}`,
        `workdir=${work}`,
      ];
      return `${mount} -t overlay overlay -o ${word(options.join(','))} ${word(path)} || fail ${word(`cannot put a layer over ${path}`)}`;
    }),
    ...within.map(({ point }, index) => `${mount} --bind ${kept(index)} ${word(point)} 2>/dev/null || :`),
    ...made.map(
      ({ path, from }) =>
        `mkdir -p -- ${word(path)} 2>/dev/null && ${mount} --bind ${word(from)} ${word(path)} || :`,
    ),
    ...(hasNetwork || ip === undefined ? [] : [`${ip} link set lo up 2>/dev/null || :`]),
    ...edits,
    `cd ${word(directory)} || fail ${word(`cannot enter ${directory}`)}`,
    'echo ready >&3',
    'exec 3>&-',
    worldPath(found),
    user === undefined ? '"$@"' : `${unshare} --user --map-user=${user.uid} --map-group=${user.gid} -- "$@"`,
    // `exit` keeps sh from replacing itself: the first process of the pid namespace must outlive the command.
    'exit $?',
    '',
  ].join('\n');
}
