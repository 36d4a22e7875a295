/**
 * The script that makes a sandbox: a namespace of mounts in which every directory that a build may write is a layer over the real one, and everything else is
 * read-only. What runs there sees the machine as it is, under the same names, and leaves nothing behind but in the layers. As text, so that it can be read.
 */
import type { MountEntry } from '../mounts.ts';

/** Programs that make it, by their absolute paths: never what PATH of the world finds. */
export interface SandboxTools {
  readonly mount: string;
  readonly unshare: string;
  /** ip(8), which brings the loopback interface up; undefined where there is none. */
  readonly ip?: string;
}

/** A directory with a layer over it. */
export interface Layer {
  /** Real path. */
  readonly path: string;
  readonly upper: string;
  readonly work: string;
  /** Where the real directory is held open, under a name without characters that mount options know. */
  readonly lower: string;
}

/** What the script is made of. */
export interface ScriptParts {
  readonly tools: SandboxTools;
  /** The folder of the sandbox itself, the only place that stays writable. */
  readonly stage: string;
  /** Outer directories before what is in them. */
  readonly layers: readonly Layer[];
  /** Directories that are not there, and would be made: a folder of the sandbox stands for each where that can be. */
  readonly made: readonly { readonly path: string; readonly from: string }[];
  readonly mounts: readonly MountEntry[];
  /** In a namespace of users of its own: who is root there has mounts, and the command is to run as the user. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** The network is a namespace of its own, with its loopback alone. */
  readonly hasNetwork: boolean;
  /** PATH of the world, undefined where it is not set: for its command and repairs, and for nothing that makes it. */
  readonly path: string | undefined;
  /** Lines that change the world before the command. */
  readonly edits: readonly string[];
  readonly directory: string;
}

/** A word of sh. */
export const word = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** Where the programs of this script lie. */
const ownPath = '/usr/sbin:/usr/bin:/sbin:/bin';

/** The PATH of a world. Where it is not set programs are found as sh does then, and do not see one. */
export const worldPath = (path: string | undefined): string =>
  path === undefined ? `unset PATH; PATH=${ownPath}` : `PATH=${word(path)}; export PATH`;

/** Flags of a mount that a remount has to repeat, or it is taken for an attempt to drop them (mount(2), EPERM in a namespace of users). */
const repeated = ['nosuid', 'nodev', 'noexec', 'noatime', 'nodiratime', 'relatime'];

const isBelow = (path: string, folder: string) => path === folder || path.startsWith(`${folder}/`);

/** Mounts of the kernel's own, in which nothing of a disk can be written. */
const kernels = ['/proc', '/sys', '/dev'];

function readOnly({ mount }: SandboxTools, { point, options }: MountEntry): string {
  const flags = ['remount', 'bind', 'ro', ...repeated.filter((flag) => options.includes(flag))];
  // A mount that this user may not enter cannot be remounted, and needs not be.
  return `${mount} -o ${flags.join(',')} ${word(point)} 2>/dev/null || test ! -w ${word(point)} || fail ${word(`cannot make ${point} read-only`)}`;
}

/** Mounts below a layer that have none themselves: the layer shows what lies under them. */
function nested({ layers, mounts, stage }: ScriptParts): readonly MountEntry[] {
  return mounts.filter(
    ({ point }) =>
      point !== stage &&
      layers.some(({ path }) => point !== path && isBelow(point, path)) &&
      !layers.some(({ path }) => path === point),
  );
}

/** The script. It tells on descriptor 3 that the world is made; whatever fails before is no answer of the command. */
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
    // Not the last word: what starts the namespace is its first process, and outlives the command.
    'exit $?',
    '',
  ].join('\n');
}
