/**
 * Portable paths (design §3): a path inside `$WORKSPACE`, `$GOROOT`, `$GOPATH` or `$HOME` is written relative
 * to it, so that it means the same on every machine. A literal `$` is written `$$`, so that the mapping is
 * lossless.
 */

/** Absolute directories without a trailing slash. */
export interface PathRoots {
  readonly workspace?: string;
  readonly goroot?: string;
  readonly gopath?: string;
  readonly home?: string;
}

const names = { workspace: '$WORKSPACE', goroot: '$GOROOT', gopath: '$GOPATH', home: '$HOME' } as const;

/** Returns the roots, longest first: a workspace inside HOME is written relative to the workspace. */
function ordered(roots: PathRoots): readonly (readonly [directory: string, name: string])[] {
  return (Object.keys(names) as (keyof PathRoots)[])
    .map((key) => [(roots[key] ?? '').replace(/\/+$/, ''), names[key]] as const)
    .filter(([directory]) => directory.startsWith('/'))
    .sort((a, b) => b[0].length - a[0].length);
}

// Characters before and after a path; paths are replaced on whole components only. `>` ends the `=>` of
// -trimpath.
const before = /[\s=:,;'"|>]/;
const after = /[\s:=,;'"|/]/;
// Flags of C compilers and linkers take a path without a separator (-I/usr/include, -isystem/opt), and
// GOPROXY takes file URLs.
const flagBefore = /(?:^|[\s=:,;'"|])-[A-Za-z]{1,16}$/;
const longestFlag = 18;

function beginsPath(value: string, index: number): boolean {
  if (index === 0 || before.test(value[index - 1] as string)) return true;
  if (value.startsWith('file://', index - 7)) return true;
  return flagBefore.test(value.slice(Math.max(0, index - longestFlag), index));
}

/** Replaces the roots in a value, including lists and flags, on whole path components only. */
export function portablePath(value: string, roots: PathRoots): string {
  const table = ordered(roots);
  let out = '';
  for (let index = 0; index < value.length; ) {
    const match =
      value[index] === '/' && beginsPath(value, index)
        ? table.find(([directory]) => startsAt(value, index, directory))
        : undefined;
    if (match !== undefined) {
      out += match[1];
      index += match[0].length;
    } else {
      out += value[index] === '$' ? '$$' : value[index];
      index++;
    }
  }
  return out;
}

function startsAt(value: string, index: number, directory: string): boolean {
  if (!value.startsWith(directory, index)) return false;
  const next = value[index + directory.length];
  return next === undefined || after.test(next);
}

/** Reverses `portablePath` for this machine; undefined if the value needs a root that is not known here. */
export function localPath(value: string, roots: PathRoots): string | undefined {
  const table = new Map(ordered(roots).map(([directory, name]) => [name as string, directory]));
  let missing = false;
  const local = value.replaceAll(/\$\$|\$(?:WORKSPACE|GOROOT|GOPATH|HOME)/g, (match) => {
    if (match === '$$') return '$';
    const directory = table.get(match);
    missing ||= directory === undefined;
    return directory ?? '';
  });
  return missing ? undefined : local;
}
