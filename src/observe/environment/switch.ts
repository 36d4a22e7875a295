/** Finds the toolchains on this host that `go` may switch to, and the tree that a switch leads to. */
import path from 'node:path';
import { type Selection, toolchainCachePaths } from '../../go/select.ts';
import { isDirectory, isExecutable, listDirectory, stampOf } from '../../host/files.ts';
import { namesIn } from './directory-names.ts';
import { type GoTree, goTreeAt } from './go-tree.ts';
import type { ReadEnvironment } from './process-environment.ts';
import { buildInfoAt } from './program-info.ts';

/** Returns the names of the `goX.Y.Z` programs on PATH. */
export function toolchainsOnPath(
  { root, credentials }: Pick<ReadEnvironment, 'root' | 'credentials'>,
  directories: readonly string[],
): ReadonlySet<string> {
  const found = new Set<string>();
  for (const directory of directories) {
    for (const name of namesIn({ root, path: directory }))
      if (/^go\d/.test(name) && isExecutable({ root, path: path.join(directory, name) }, credentials))
        found.add(name);
  }
  return found;
}

/**
 * Returns the toolchains in the module cache, by name: those that are unpacked, and those that the next go
 * command unpacks from their zip. As in modfetch.DownloadDir, a tree counts if its ziphash exists and no
 * `.partial` does, whatever the tree contains.
 */
export function cachedToolchains(
  root: string,
  modcache: string,
  platform: string,
): ReadonlyMap<string, 'unpacked' | 'zipped'> {
  const found = new Map<string, 'unpacked' | 'zipped'>();
  // Go refuses a relative module cache, and without a home directory there is none.
  if (!modcache.startsWith('/')) return found;
  const suffix = `.${platform.replace('/', '-')}`;
  const there = (file: string) => stampOf({ root, path: path.join(modcache, file) }) !== undefined;
  for (const name of listDirectory({ root, path: path.join(modcache, 'golang.org') })) {
    const match = /^toolchain@v0\.0\.1-(.+)$/.exec(name);
    if (match?.[1]?.endsWith(suffix) !== true) continue;
    const toolchain = match[1].slice(0, -suffix.length);
    const { dir, ziphash, partial } = toolchainCachePaths(toolchain, platform);
    if (!there(ziphash)) continue;
    const unpacked = isDirectory({ root, path: path.join(modcache, dir) }) && !there(partial);
    if (unpacked) found.set(toolchain, 'unpacked');
    else if (there(ziphash.replace(/hash$/, ''))) found.set(toolchain, 'zipped');
  }
  return found;
}

/** The tree that a switch leads to, or why `go` refuses it. */
export type Switched = {
  readonly tree?: GoTree;
  readonly problem?: string;
  /** Set if the toolchain exists but its `go` does not run, with the error message of `go`. */
  readonly broken?: { readonly goroot: string; readonly says: string };
};

/**
 * Returns the error of `go` for a cached toolchain whose `bin/go` does not run. Undefined if `go` repairs it:
 * it makes all programs executable if bin/go is not (cmd/go/internal/toolchain, NewerToolchain and exec).
 */
function brokenGo(root: string, file: string, wanted: string, problem: string): string | undefined {
  const stamp = stampOf({ root, path: file });
  if (stamp === undefined) return `go: download ${wanted}: stat ${file}: no such file or directory`;
  if (stamp.directory) return `go: exec ${wanted}: permission denied`;
  const started = (stamp.mode & 0o111) !== 0 || stamp.size === 0;
  return started && (stamp.size === 0 || problem === 'truncated')
    ? `go: exec ${wanted}: exec format error`
    : undefined;
}

/** Returns the tree that the selection names, if it is on this host. */
export function effectiveTree(
  { root, credentials }: Pick<ReadEnvironment, 'root' | 'credentials'>,
  selection: Selection,
  local: GoTree,
  pathDirectories: readonly string[],
  { modcache, zipped }: { readonly modcache: string; readonly zipped: boolean },
  home: string,
): Switched {
  if (selection.outcome === 'local') return { tree: local };
  if (selection.outcome === 'cached' && zipped) return {};
  if (selection.outcome === 'cached') {
    const places = toolchainCachePaths(selection.wanted, `${local.os}/${local.arch}`);
    const goroot = path.join(modcache, places.dir);
    const tree = goTreeAt(root, path.join(goroot, 'bin/go'), credentials);
    if (!('problem' in tree)) return { tree };
    const says = brokenGo(root, path.join(goroot, 'bin/go'), selection.wanted, tree.problem);
    return says === undefined ? {} : { broken: { goroot, says } };
  }
  if (selection.outcome === 'path') {
    const file = pathDirectories
      .map((directory) => path.join(directory, selection.wanted))
      .find((one) => isExecutable({ root, path: one }, credentials));
    return file === undefined ? {} : treeOnPath({ root, credentials }, file, selection, home);
  }
  return {};
}

/**
 * Returns the tree of a `goX.Y.Z` program on PATH. A wrapper installed by golang.org/dl starts the `go` in
 * `~/sdk` once it was downloaded (golang.org/dl/internal/version). A `go` of another version than requested
 * is refused (cmd/go/internal/toolchain, select.go).
 */
function treeOnPath(
  { root, credentials }: Pick<ReadEnvironment, 'root' | 'credentials'>,
  file: string,
  { wanted, effective }: Selection,
  home: string,
): Switched {
  const { info } = buildInfoAt({ root, path: file }, credentials);
  const wrapper = info?.path === `golang.org/dl/${wanted}`;
  const sdk = path.join(home, 'sdk', wanted);
  if (wrapper && stampOf({ root, path: path.join(sdk, '.unpacked-success') }) === undefined)
    return {
      problem: `${file} says that ${wanted} is not downloaded; it is a wrapper, and ${sdk} is not complete`,
    };
  const tree = goTreeAt(root, wrapper ? path.join(sdk, 'bin/go') : file, credentials);
  if ('problem' in tree) return {};
  return tree.version === effective
    ? { tree }
    : {
        tree,
        problem: `every go command fails with "toolchain go${tree.version} invoked to provide ${wanted}"`,
      };
}
