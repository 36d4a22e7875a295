/**
 * Computes the digest of a vendor directory: `go` never checks whether vendored files are those that were
 * downloaded. A file is hashed once, and again when its stamp changed.
 */

import path from 'node:path';
import { compareBytewise } from '../../../drift/snapshot.ts';
import { irregular, vendorText } from '../../../drift/vendor-text.ts';
import { sha256Hex } from '../../../host/digest.ts';
import { realPathOf } from '../../../host/files.ts';
import { sameStamp } from '../../../host/hash-file.ts';
import { readCache } from '../../../host/lru.ts';
import { isSettled, traceQuestion } from '../../../host/read-trace.ts';
import { withThisReader } from '../../../host/reader.ts';
import {
  followList,
  formatSummary,
  formatTreeFiles,
  parseSummary,
  parseTreeFiles,
  type TreeFile,
} from '../../../host/toolchain-tree.ts';
import { hashTreeFile, type TreeEntry, walkTree } from '../../../host/tree.ts';
import { type Code, codeName, judgeOf } from '../../environment/code.ts';
import type { FileLists } from '../file-lists.ts';

/**
 * Most files to read, far more than in real vendor directories (Kubernetes has about 10,000); beyond that, no
 * digest is made and the reason is reported.
 */
const fileLimit = 200_000;
const turnMs = 8; // longest time between turns of the event loop

interface KnownFile extends TreeFile {
  readonly kind: TreeEntry['kind'];
}
const trees = readCache<ReadonlyMap<string, KnownFile>>(64);
/**
 * Stored lists that matched the directory in the last pass: the next pass compares them again without parsing
 * them.
 */
const followed = readCache<string>(64);

/** The digest and further results of the walk, or why there is none. */
export type VendorDigest =
  | {
      readonly digest: string;
      /** Directories that contain Go files, relative to the vendor directory. */
      readonly folders: readonly string[];
    }
  | { readonly why: string };

const walking = new Map<string, Promise<VendorDigest>>();
const digests = readCache<VendorDigest>(1_000);

/**
 * Returns the digest of a vendor directory, read with the rights of all owners of the code. Later passes walk
 * it again in the background, and a change causes another observation.
 */
export async function vendorDigest(
  code: Code,
  directory: string,
  lists: FileLists = unlisted,
): Promise<VendorDigest> {
  const key = `${codeName(code)}\0${directory}`;
  const walk = withThisReader(() => {
    const under = walking.get(key);
    if (under !== undefined) return under;
    const started = readTree(code, directory, lists)
      .then((found) => {
        digests.set(key, found);
        return found;
      })
      .finally(() => walking.delete(key));
    walking.set(key, started);
    return started;
  });
  const found = await walk();
  traceQuestion(`vendor tree ${key}`, markOf(found), () => {
    void walk();
    return markOf(digests.get(key) ?? found);
  });
  return found;
}

const markOf = (found: VendorDigest) => ('digest' in found ? found.digest : found.why);

async function readTree(code: Code, directory: string, lists: FileLists): Promise<VendorDigest> {
  const real = realPathOf({ root: code.root, path: directory });
  if (real === undefined) return { why: 'the vendor directory cannot be read' };
  const key = `${codeName(code)}\0${real}`;
  const list = trees.get(key) === undefined ? followed.get(key) || lists.load(key) || '' : '';
  try {
    const found = await readListed(real, list);
    followed.set(key, found === undefined ? '' : list);
    return found ?? (await readFiles(real, judgeOf(code), key, { list, lists }));
  } catch {
    return { why: 'the vendor directory cannot be listed' };
  }
}

/** Returns a function that gives the event loop a turn if the last one was too long ago. */
function turns(): () => Promise<void> {
  let turn = performance.now();
  return async () => {
    if (performance.now() - turn <= turnMs) return;
    await new Promise((resolve) => setImmediate(resolve));
    turn = performance.now();
  };
}

/**
 * Returns the result according to a stored list, if all files are as listed; otherwise undefined. Throws if a
 * directory cannot be listed.
 */
async function readListed(real: string, list: string): Promise<VendorDigest | undefined> {
  const summary = parseSummary(list);
  if (summary === undefined) return undefined;
  const { isNext, isAtEnd } = followList(list);
  const names: string[] = [];
  const takeTurns = turns();
  for (const entry of walkTree(real)) {
    if (entry.kind === 'directory') continue;
    if (entry.kind !== 'file' || !isNext(entry.name, entry)) return undefined;
    names.push(entry.name);
    await takeTurns();
  }
  return isAtEnd() ? { digest: summary.digest, folders: foldersOf(names) } : undefined;
}

/**
 * Returns the result from the files, reading those that changed, and stores a list for later runs. Throws if
 * a directory cannot be listed.
 */
async function readFiles(
  real: string,
  judge: ReturnType<typeof judgeOf>,
  key: string,
  { list, lists }: { readonly list: string; readonly lists: FileLists },
): Promise<VendorDigest> {
  const before = trees.get(key) ?? listed(list);
  const now = new Map<string, KnownFile>();
  const takeTurns = turns();
  for (const entry of walkTree(real)) {
    if (entry.kind === 'directory') continue;
    if (now.size >= fileLimit) return { why: `more than ${fileLimit} files in the vendor directory` };
    const known = before.get(entry.name);
    now.set(
      entry.name,
      known?.kind === entry.kind && sameStamp(known, entry)
        ? known
        : { ...entry, kind: entry.kind, sha256: (await contentOf(real, entry, judge)) ?? 'unreadable' },
    );
    await takeTurns();
  }
  trees.set(key, now);
  const digest = `sha256:${digestOf(now)}`;
  const kept = settled(now);
  // The digest is stored only with a complete list.
  await lists.save?.(
    key,
    (kept.length === now.size ? formatSummary({ digest }) : '') + formatTreeFiles(kept),
  );
  return { digest, folders: foldersOf([...now.keys()]) };
}

/** Returns the directories that contain Go files, relative to the vendor directory and without its top. */
function foldersOf(names: readonly string[]): readonly string[] {
  const folders = new Set(names.filter((name) => name.endsWith('.go')).map(path.posix.dirname));
  folders.delete('.');
  return [...folders].sort(compareBytewise);
}

/** Stores nothing between runs. */
const unlisted: FileLists = { load: () => undefined };

/** Returns the files of a stored list, which are all regular. */
function listed(text: string): ReadonlyMap<string, KnownFile> {
  const files = parseTreeFiles(text).values();
  return new Map([...files].map((file) => [file.name, { ...file, kind: 'file' as const }]));
}

/**
 * Returns the files that a later run may skip. The stamp is no evidence for special or unreadable files, or
 * those changed a moment ago.
 */
function settled(files: ReadonlyMap<string, KnownFile>): readonly KnownFile[] {
  return [...files.values()].filter(
    (file) => file.kind === 'file' && file.sha256.length === 64 && isSettled(file),
  );
}

/**
 * Returns the hash of a file. Symlinks and special files count by their kind: a build reads none of them like
 * a regular file.
 */
async function contentOf(
  real: string,
  entry: TreeEntry,
  judge: ReturnType<typeof judgeOf>,
): Promise<string | undefined> {
  return entry.kind === 'file' ? await hashTreeFile(path.join(real, entry.name), judge) : irregular;
}

function digestOf(files: ReadonlyMap<string, KnownFile>): string {
  return sha256Hex(vendorText(files));
}
