/**
 * The digest of the tree that builds: the same version with other bytes compiles another program, and nothing else shows it. A toolchain of
 * the module cache is held against the hash of its zip as well, which go looked at once, when it unpacked it.
 */
import path from 'node:path';
import { isH1 } from '../go/dirhash.ts';
import { cachedToolchain } from '../go/toolchain-files.ts';
import { type Place, readFile, resolvePlace } from '../host/files.ts';
import { noteLive } from '../host/look.ts';
import type { Crew } from './crew.ts';

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

/** Answers what is known of the tree at a GOROOT, a path of that root. */
export type AskDigest = (tree: Place) => Promise<TreeDigest>;

/** Where lists of files are kept between runs. */
export interface FileLists {
  readonly load: (goroot: string) => string | undefined;
  /** Absent for who only looks. */
  readonly save?: (goroot: string, files: string) => Promise<void>;
}

/** How a tree is called in the store. */
function nameOf({ root, path: goroot }: Place, whole: boolean): string {
  return `${root === '/' ? '' : root}${goroot}${whole ? '' : ' without tests'}`;
}

function recordedHash(tree: Place): string | undefined {
  const cached = cachedToolchain(tree.path);
  if (cached === undefined) return undefined;
  const read = readFile({ root: tree.root, path: path.join(cached.modcache, cached.ziphash) }, 4096);
  const text = read.ok ? read.bytes.toString('latin1').trim() : '';
  return isH1(text) ? text : undefined;
}

/** Digests a tree now. `thorough` reads a toolchain of the module cache as a whole, for the hash of its zip. */
export async function digestNow(
  tree: Place,
  crew: Crew,
  lists: FileLists,
  thorough: boolean,
): Promise<TreeDigest> {
  const recorded = thorough ? recordedHash(tree) : undefined;
  const name = nameOf(tree, recorded !== undefined);
  const known = lists.load(name);
  const answer = await crew.run('toolchain', {
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
export async function knownDigest(tree: Place, crew: Crew, lists: FileLists): Promise<TreeDigest> {
  const recorded = recordedHash(tree);
  if (lists.load(nameOf(tree, recorded !== undefined)) === undefined)
    return { why: 'no exporter knows its files' };
  return await digestNow(tree, crew, lists, true);
}

export interface DigestPorts {
  readonly clock: () => number;
  readonly crew: Crew;
  readonly lists: Required<FileLists>;
  /** An answer changed: the targets should be looked at now. */
  readonly changed: () => void;
}

export interface Digests {
  readonly ask: AskDigest;
  stop(): Promise<void>;
}

/** A tree is looked through again when a pass asks for it, or after this: ten thousand files are no small matter. */
const againMs = 5 * 60_000;
/** Share of a core for looking through trees again and again, and for the first time: a baseline waits for that. */
const shares = { steady: 0.02, first: 0.5 };
const shortestMs = 5_000;

interface Known {
  digest: TreeDigest;
  /** When the last look through it ended. */
  at: number;
  working: boolean;
  real: string;
}

/** The digests of an exporter: each tree once, whoever of its targets uses it, in the background. */
export function createDigests(ports: DigestPorts): Digests {
  const trees = new Map<string, Known>();
  let stopped = false;

  async function work(tree: Place, one: Known): Promise<void> {
    const first = one.digest.pending === true;
    const digest = await digestNow(
      tree,
      ports.crew.at(first ? shares.first : shares.steady),
      ports.lists,
      true,
    );
    const before = JSON.stringify(one.digest);
    one.digest = digest;
    if (JSON.stringify(digest) !== before && !stopped) ports.changed();
  }

  function look(tree: Place, one: Known, afterMs: number): void {
    if (one.working || stopped || ports.clock() - one.at < afterMs) return;
    one.working = true;
    work(tree, one)
      .catch((error: unknown) => {
        one.digest = { why: error instanceof Error ? error.message : String(error) };
      })
      .finally(() => {
        one.working = false;
        one.at = ports.clock();
      });
  }

  return {
    async ask(tree) {
      const key = `${tree.root}\0${tree.path}`;
      const real = resolvePlace(tree);
      let one = trees.get(key);
      // A swapped link is another tree: what was known of the old one must not stand in for it.
      if (one === undefined || one.real !== real) {
        one = { digest: { pending: true }, at: Number.NEGATIVE_INFINITY, working: false, real };
        trees.set(key, one);
      }
      const known = one;
      look(tree, known, shortestMs);
      noteLive(`toolchain ${key}`, JSON.stringify(known.digest), () => {
        look(tree, known, againMs);
        return JSON.stringify(known.digest);
      });
      return known.digest;
    },
    async stop() {
      stopped = true;
      await ports.crew.stop();
    },
  };
}
