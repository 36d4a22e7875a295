/**
 * Finds every `go` that a process would find, in the order of its PATH: Go trees, shims of version managers,
 * and files that only look like one.
 */
import path from 'node:path';
import type { GoCandidate } from '../../drift/facets/toolchain.ts';
import { refusingHost } from '../../go/platform.ts';
import { type Credentials, mayExecute } from '../../host/credentials.ts';
import { listDirectory, stampOf } from '../../host/files.ts';
import type { Machine } from '../../host/machine.ts';
import { type GoTree, goTreeAt } from './go-tree.ts';
import { scriptProblem } from './program-info.ts';
import { followShim, type ShimAsker } from './shims.ts';

/** Returns the absolute directories of a PATH, in order. */
export function directoriesOf(environment: ReadonlyMap<string, string>): readonly string[] {
  return (environment.get('PATH') ?? '').split(':').filter((directory) => directory.startsWith('/'));
}

/**
 * Returns the directories where Go is usually installed, for services without a PATH and for the target
 * `host`.
 */
export function usualDirectories(root: string, home: string): readonly string[] {
  const below = (directory: string, pattern: RegExp) =>
    listDirectory({ root, path: directory })
      .filter((name) => pattern.test(name))
      .map((name) => path.join(directory, name, 'bin'));
  return [
    '/usr/local/go/bin',
    '/usr/local/bin',
    '/usr/bin',
    ...below('/usr/lib', /^go-\d/),
    ...below('/usr/local', /^go\d/),
    ...(home === '' ? [] : below(path.join(home, 'sdk'), /^go/)),
  ];
}

/** Every `go` on a PATH, in order. */
export interface Candidates {
  readonly candidates: readonly GoCandidate[];
  readonly trees: ReadonlyMap<string, GoTree>;
  /** Variables that a version manager sets, if the first candidate is its shim. */
  readonly shimmed: ReadonlyMap<string, string>;
}

type NoGo = { readonly problem: string; readonly realPath?: string };

/**
 * Rejects a `go` built for another platform than this machine. On Linux it may be started by an emulator
 * (binfmt_misc), which may have any name.
 */
function ofThisMachine(tree: GoTree | NoGo, machine: Machine): GoTree | NoGo {
  if ('problem' in tree) return tree;
  const host = refusingHost(tree, machine);
  if (host === undefined) return tree;
  const emulators = listDirectory({ root: '/', path: '/proc/sys/fs/binfmt_misc' });
  if (emulators.some((name) => name !== 'register' && name !== 'status')) return tree;
  return {
    problem: `is built for ${tree.os}/${tree.arch}, and this machine is ${host} ("exec format error")`,
    realPath: tree.realPath,
  };
}

/**
 * Returns the candidate for a file that the configuration names as the target's `go` but that cannot be
 * started.
 */
export function namedCandidate(root: string, file: string, credentials: Credentials): GoCandidate {
  const stamp = stampOf({ root, path: file });
  const problem =
    stamp === undefined
      ? 'does not exist'
      : stamp.directory
        ? 'is a directory'
        : mayExecute(root, file, credentials)
          ? 'is not a program'
          : 'may not be executed by the user who builds';
  return { path: file, realPath: file, problem };
}

/** Finds every `go` in the given directories, or the named one (`only`); each file is examined once. */
export function findCandidates(
  asker: ShimAsker,
  machine: Machine,
  directories: readonly string[],
  only?: string,
): Candidates {
  const { root } = asker.code;
  const { credentials } = asker;
  const candidates: GoCandidate[] = [];
  const trees = new Map<string, GoTree>();
  let shimmed: ReadonlyMap<string, string> = new Map();
  // A shim that leaves the choice to the rest of PATH counts only if nothing follows it.
  let passed: GoCandidate | undefined;
  const files =
    only === undefined ? [...new Set(directories)].map((directory) => path.join(directory, 'go')) : [only];
  for (const file of files) {
    const stamp = stampOf({ root, path: file });
    if (stamp === undefined || stamp.directory || (stamp.mode & 0o111) === 0) continue;
    if (!mayExecute(root, file, credentials)) continue;
    let tree = ofThisMachine(goTreeAt(root, file, credentials), machine);
    let unclear = false;
    if ('problem' in tree) {
      const shim = followShim(asker, file);
      if (shim !== undefined && 'next' in shim) {
        passed ??= { path: file, realPath: tree.realPath ?? file, problem: shim.problem };
        continue;
      }
      if (shim !== undefined && 'binary' in shim) {
        tree = goTreeAt(root, shim.binary, credentials);
        if (candidates.length === 0) shimmed = shim.variables;
      } else if (shim !== undefined) {
        tree = { ...tree, problem: shim.problem };
      }
      unclear = shim === undefined ? 'problem' in tree && tree.problem === scriptProblem : 'unclear' in shim;
    }
    if ('problem' in tree) {
      candidates.push({
        path: file,
        realPath: tree.realPath ?? file,
        problem: tree.problem,
        ...(unclear ? { unclear } : {}),
      });
    } else {
      candidates.push({ path: file, realPath: tree.realPath, version: tree.version });
      trees.set(file, tree);
    }
  }
  if (candidates.length === 0 && passed !== undefined) candidates.push(passed);
  return { candidates, trees, shimmed };
}
