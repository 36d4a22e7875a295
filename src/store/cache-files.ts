/**
 * Results of audits in the state directory. Of each build cache: the ledger (binary, `cache/<id>.ledger`) and
 * the last verdict (`cache/<id>.json`), from which a check learns what a running exporter found. Of each
 * toolchain and vendor tree: its files with stamps and digests (`toolchains/<id>.files`,
 * `vendor/<id>.files`). All of it can be recomputed, except the output that each action first led to, which
 * only the ledger knows.
 */
import path from 'node:path';
import type { CacheContent } from '../drift/facets/cache.ts';
import { ensureDirectory, removeFile, writeAtomic } from '../host/atomic.ts';
import { sha256Hex } from '../host/digest.ts';
import { readFile } from '../host/files.ts';
import { holderAlive } from '../host/lock.ts';
import { readBytes, setAside } from './json-file.ts';
import { adminSocketPath, attempt, type StateDirectory, type WriteResult } from './state-directory.ts';

const fileLimit = 1024 * 1024 * 1024;

/** Returns the file name for a path such as a GOCACHE or a GOROOT. */
function idOf(place: string): string {
  return sha256Hex(place).slice(0, 16);
}

function ledgerFile(directory: string, cache: string): string {
  return path.join(directory, 'cache', `${idOf(cache)}.ledger`);
}

function verdictFile(directory: string, cache: string): string {
  return path.join(directory, 'cache', `${idOf(cache)}.json`);
}

/** Kinds of trees with stored file lists. */
export type Listed = 'toolchains' | 'vendor';

function listFile(directory: string, of: Listed, place: string): string {
  return path.join(directory, of, `${idOf(place)}.files`);
}

async function write(state: StateDirectory, file: string, data: string | Uint8Array): Promise<WriteResult> {
  return await attempt(state, file, async () => {
    await ensureDirectory(path.dirname(file));
    await writeAtomic(file, data);
    return undefined;
  });
}

/**
 * Returns the ledger of a cache; no bytes if none is stored. `left` says in one line why it cannot be read
 * now.
 */
export function readLedger(
  directory: string,
  cache: string,
): { readonly bytes?: Uint8Array; readonly left?: string } {
  return readBytes(ledgerFile(directory, cache), fileLimit);
}

/** Stores the ledger of a cache. */
export function writeLedger(state: StateDirectory, cache: string, bytes: Uint8Array): Promise<WriteResult> {
  return write(state, ledgerFile(state.path, cache), bytes);
}

/** Moves a damaged ledger aside; returns the line that reports it. */
export function setLedgerAside(state: StateDirectory, cache: string, timeMs: number): Promise<string> {
  return setAside(state, ledgerFile(state.path, cache), 'its digest does not fit', timeMs);
}

/** An exporter's verdict on a cache. */
export interface StoredVerdict {
  readonly schema: 1;
  /** `dev:inode` of the directory. */
  readonly identity: string;
  readonly content: CacheContent;
}

/** Stores the verdict on a cache. */
export function writeVerdict(
  state: StateDirectory,
  cache: string,
  verdict: StoredVerdict,
): Promise<WriteResult> {
  return write(state, verdictFile(state.path, cache), `${JSON.stringify(verdict)}\n`);
}

/** Removes the verdict on a cache that is not audited any more. */
export function removeVerdict(state: StateDirectory, cache: string): Promise<WriteResult> {
  return attempt(state, verdictFile(state.path, cache), async () => {
    await removeFile(verdictFile(state.path, cache));
    return undefined;
  });
}

/** Returns the verdict of a running exporter on the directory with this identity. Only reads. */
export async function liveVerdict(
  directory: string,
  cache: string,
  identity: string,
): Promise<CacheContent | undefined> {
  const read = readFile({ root: '/', path: verdictFile(directory, cache) });
  if (!read.ok) return undefined;
  try {
    const verdict = JSON.parse(read.bytes.toString('utf8')) as StoredVerdict;
    if (verdict.schema !== 1 || verdict.identity !== identity) return undefined;
    return (await holderAlive(adminSocketPath(directory))) ? verdict.content : undefined;
  } catch {
    return undefined; // damaged: the exporter repairs it
  }
}

/** Returns the stored file list of a tree, or undefined. */
export function readFileList(directory: string, of: Listed, place: string): string | undefined {
  const read = readFile({ root: '/', path: listFile(directory, of, place) });
  return read.ok ? read.bytes.toString('latin1') : undefined;
}

/** Stores the file list of a tree. */
export function writeFileList(
  state: StateDirectory,
  of: Listed,
  place: string,
  text: string,
): Promise<WriteResult> {
  return write(state, listFile(state.path, of, place), Buffer.from(text, 'latin1'));
}
