/**
 * Computes the digest of the tree that builds: the same version with other bytes compiles another program,
 * and nothing else reveals that. A toolchain in the module cache is also compared with the hash of its zip,
 * which `go` checks only once, when it unpacks the zip.
 */
import path from 'node:path';
import { isH1 } from '../../../go/dirhash.ts';
import { cachedToolchain } from '../../../go/toolchain-files.ts';
import { type RootedPath, readFile } from '../../../host/files.ts';
import { traceQuestion } from '../../../host/read-trace.ts';
import type { WorkerPool } from '../../pool/worker-pool.ts';
import type { FileLists } from '../file-lists.ts';

/** What is known of a tree. */
export interface TreeDigest {
  /** `sha256:` followed by 64 hexadecimal digits. */
  readonly digest?: string;
  /** For a toolchain of the module cache: the recorded hash and the actual one, if they differ. */
  readonly edited?: { readonly expected: string; readonly actual: string };
  /** The digest is being computed. */
  readonly pending?: true;
  readonly why?: string;
}

/**
 * The tree at a GOROOT, a path in the given root, as the caller found it; answering requires no file access.
 */
export interface TreeQuery extends RootedPath {
  /** Real path inside the root: another one means that a symlink was swapped. */
  readonly real: string;
  /**
   * Stamps of the files that an installation replaces, as one text; a new text causes a check of the tree.
   */
  readonly mark: string;
}

/** Returns what is known of a tree. */
export type AskDigest = (tree: TreeQuery) => Promise<TreeDigest>;

/** Returns the name under which a tree's file list is stored. */
function nameOf({ root, path: goroot }: RootedPath, whole: boolean): string {
  return `${root === '/' ? '' : root}${goroot}${whole ? '' : ' without tests'}`;
}

function recordedHash(tree: RootedPath): string | undefined {
  const cached = cachedToolchain(tree.path);
  if (cached === undefined) return undefined;
  const read = readFile({ root: tree.root, path: path.join(cached.modcache, cached.ziphash) }, 4096);
  const text = read.ok ? read.bytes.toString('latin1').trim() : '';
  return isH1(text) ? text : undefined;
}

/**
 * Computes the digest now. `thorough` reads a toolchain of the module cache completely, to compare it with
 * the hash of its zip.
 */
export async function digestNow(
  tree: RootedPath,
  workerPool: WorkerPool,
  lists: FileLists,
  thorough: boolean,
): Promise<TreeDigest> {
  const recorded = thorough ? recordedHash(tree) : undefined;
  const name = nameOf(tree, recorded !== undefined);
  const known = lists.load(name);
  const answer = await workerPool.run('toolchain', {
    tree,
    whole: recorded !== undefined,
    ...(known === undefined ? {} : { known }),
  });
  if ('problem' in answer) return { why: answer.problem };
  const { digest, h1, files, changed } = answer;
  if (changed) await lists.save?.(name, files);
  return {
    digest,
    ...(recorded === undefined || h1 === undefined || h1 === recorded
      ? {}
      : { edited: { expected: recorded, actual: h1 } }),
  };
}

/**
 * Returns the digest according to the stored file list: stamps are compared, and only changed files are read.
 * Without a stored list there is no digest.
 */
export async function knownDigest(
  tree: RootedPath,
  workerPool: WorkerPool,
  lists: FileLists,
): Promise<TreeDigest> {
  const recorded = recordedHash(tree);
  if (lists.load(nameOf(tree, recorded !== undefined)) === undefined)
    return { why: 'no exporter has recorded its files' };
  return await digestNow(tree, workerPool, lists, true);
}

export interface DigestPorts {
  /** Monotonic clock, ms. */
  readonly steady: () => number;
  readonly workerPool: WorkerPool;
  readonly lists: Required<FileLists>;
  /** Called when an answer changed and the targets should be observed again. */
  readonly changed: () => void;
}

export interface Digests {
  readonly ask: AskDigest;
  stop(): Promise<void>;
}

/**
 * Time after which a tree with an unchanged mark is checked again, ms, however many targets use it: ten
 * thousand files are expensive. An edited source may go unnoticed for this long.
 */
const againMs = 5 * 60_000;
/** Shares of a core: for checking trees repeatedly, and for the first check, on which a baseline waits. */
const shares = { steady: 0.02, first: 0.5 };

interface Known {
  digest: TreeDigest;
  /** When the last check ended. */
  at: number;
  working: boolean;
  readonly real: string;
  /** The mark when the last check began. */
  mark: string | undefined;
}

/** Creates the digests of an exporter: each tree is checked once for all targets, in the background. */
export function createDigests(ports: DigestPorts): Digests {
  const trees = new Map<string, Known>();
  let stopped = false;

  async function work(tree: RootedPath, one: Known): Promise<void> {
    const first = one.digest.pending === true;
    const digest = await digestNow(
      tree,
      ports.workerPool.at(first ? shares.first : shares.steady),
      ports.lists,
      true,
    );
    const before = JSON.stringify(one.digest);
    one.digest = digest;
    if (JSON.stringify(digest) !== before && !stopped) ports.changed();
  }

  function look(tree: TreeQuery, one: Known, mark: string | undefined): void {
    const due = one.mark !== mark || ports.steady() - one.at >= againMs;
    if (one.working || stopped || !due) return;
    one.working = true;
    one.mark = mark;
    work(tree, one)
      .catch((error: unknown) => {
        one.digest = { why: error instanceof Error ? error.message : String(error) };
      })
      .finally(() => {
        one.working = false;
        one.at = ports.steady();
      });
  }

  return {
    async ask(tree) {
      const key = `${tree.root}\0${tree.path}`;
      let one = trees.get(key);
      // What is known of the previous tree does not apply to another one at its path.
      if (one === undefined || one.real !== tree.real) {
        one = {
          digest: { pending: true },
          at: Number.NEGATIVE_INFINITY,
          working: false,
          real: tree.real,
          mark: undefined,
        };
        trees.set(key, one);
      }
      const known = one;
      look(tree, known, tree.mark);
      traceQuestion(`toolchain ${key}`, JSON.stringify(known.digest), () => {
        // Nothing was read for this question, so only time decides.
        look(tree, known, known.mark);
        return JSON.stringify(known.digest);
      });
      return known.digest;
    },
    async stop() {
      stopped = true;
      await ports.workerPool.stop();
    },
  };
}
