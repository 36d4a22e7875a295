/**
 * The digest of the tree that builds: the same version with other bytes compiles another program, and nothing else shows it. A toolchain of
 * the module cache is held against the hash of its zip as well, which go looked at once, when it unpacked it.
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
  /** `sha256:` and 64 hex digits. */
  readonly digest?: string;
  /** The recorded hash of a toolchain of the module cache, and what its files hash to, where the two differ. */
  readonly edited?: { readonly expected: string; readonly actual: string };
  /** It is being made, and will be known soon. */
  readonly pending?: true;
  readonly why?: string;
}

/** The tree at a GOROOT, a path of that root, as whoever asks found it: the answer needs no file of it. */
export interface AskedTree extends RootedPath {
  /** Where it truly is, inside its root: a swapped link is another tree. */
  readonly real: string;
  /** The stamps of what an installation replaces, as one text: another one is a reason to look through the tree now. */
  readonly mark: string;
}

/** Answers what is known of a tree. */
export type AskDigest = (tree: AskedTree) => Promise<TreeDigest>;

/** How a tree is called in the store. */
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

/** Digests a tree now. `thorough` reads a toolchain of the module cache as a whole, for the hash of its zip. */
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

/** What the list of a tree says that was stored: stamps are looked at, and only what changed since is read. Nothing without a list. */
export async function knownDigest(
  tree: RootedPath,
  workerPool: WorkerPool,
  lists: FileLists,
): Promise<TreeDigest> {
  const recorded = recordedHash(tree);
  if (lists.load(nameOf(tree, recorded !== undefined)) === undefined)
    return { why: 'no exporter knows its files' };
  return await digestNow(tree, workerPool, lists, true);
}

export interface DigestPorts {
  /** Milliseconds that no setting of a clock moves. */
  readonly steady: () => number;
  readonly workerPool: WorkerPool;
  readonly lists: Required<FileLists>;
  /** An answer changed: the targets should be looked at now. */
  readonly changed: () => void;
}

export interface Digests {
  readonly ask: AskDigest;
  stop(): Promise<void>;
}

/**
 * A tree is looked through again when its mark is another one, and otherwise after this, however many targets ask: ten thousand files are no small
 * matter. It is how long an edited source goes unseen.
 */
const againMs = 5 * 60_000;
/** Share of a core for looking through trees again and again, and for the first time: a baseline waits for that. */
const shares = { steady: 0.02, first: 0.5 };

interface Known {
  digest: TreeDigest;
  /** When the last look through it ended. */
  at: number;
  working: boolean;
  readonly real: string;
  /** Its mark when the last look through it began. */
  mark: string | undefined;
}

/** The digests of an exporter: each tree once, whoever of its targets uses it, in the background. */
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

  function look(tree: AskedTree, one: Known, mark: string | undefined): void {
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
      // What was known of the old tree must not stand in for another one at its place.
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
        // Nothing was read for this question: time alone decides.
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
