/**
 * What audits leave in the state directory: of each build cache the ledger (a binary file, `cache/<id>.ledger`) and the last verdict
 * (`cache/<id>.json`), by which a check can tell what a running exporter found; of each toolchain and each vendor tree the list of its
 * files with stamps and digests (`toolchains/<id>.files`, `vendor/<id>.files`). All of it can be made anew, but for what a ledger knows of before: to which
 * output each action led first.
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

/** The name of what is remembered about a place, such as a GOCACHE or a GOROOT. */
function idOf(place: string): string {
  return sha256Hex(place).slice(0, 16);
}

function ledgerFile(directory: string, cache: string): string {
  return path.join(directory, 'cache', `${idOf(cache)}.ledger`);
}

function verdictFile(directory: string, cache: string): string {
  return path.join(directory, 'cache', `${idOf(cache)}.json`);
}

/** Of what lists of files are kept. */
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

/** Bytes of the ledger of a cache, none when none is stored; `left` where it cannot be read this time, in one line. */
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

/** A verdict of an exporter on a cache. */
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

/** Forgets the verdict on a cache: nobody watches it any more. */
export function removeVerdict(state: StateDirectory, cache: string): Promise<WriteResult> {
  return attempt(state, verdictFile(state.path, cache), async () => {
    await removeFile(verdictFile(state.path, cache));
    return undefined;
  });
}

/** The verdict of an exporter that runs now on a state directory, on the directory with this identity. Reads only. */
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
    return undefined; // not ours to repair
  }
}

/** What is remembered of the files of a tree, as text, or undefined. */
export function readFileList(directory: string, of: Listed, place: string): string | undefined {
  const read = readFile({ root: '/', path: listFile(directory, of, place) });
  return read.ok ? read.bytes.toString('latin1') : undefined;
}

/** Stores what is known of the files of a tree. */
export function writeFileList(
  state: StateDirectory,
  of: Listed,
  place: string,
  text: string,
): Promise<WriteResult> {
  return write(state, listFile(state.path, of, place), Buffer.from(text, 'latin1'));
}
