/**
 * Parses go.sum and go.work.sum, the expected sums of modules and of their go.mod files
 * (cmd/go/internal/modfetch/fetch.go, readGoSum).
 */
import { fieldsOf } from './space.ts';

/** A recorded sum and its line number, from 1. */
export interface RecordedSum {
  readonly sum: string;
  readonly line: number;
}

/** Sums by `path version` (the zip of a module) and `path version/go.mod` (its go.mod alone). */
export type GoSums = ReadonlyMap<string, readonly RecordedSum[]>;

/** A parsed go.sum. */
export interface GoSumFile {
  readonly sums: GoSums;
  /** The first malformed line: every command that reads the file fails with "malformed go.sum". */
  readonly problem?: { readonly line: number; readonly text: string };
}

/** Keeps a byte order mark: for Go it is part of the first word (strings.Fields). */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * The hash of an empty go.mod, which an early Go wrote by mistake. Go ignores such lines
 * (modfetch.emptyGoModHash).
 */
const emptyGoModHash = 'h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=';

/** Returns the key of a module's sum, or with suffix `/go.mod` that of its go.mod file. */
export function sumKey(path: string, version: string, suffix: '' | '/go.mod' = ''): string {
  return `${path} ${version}${suffix}`;
}

/** Parses a go.sum or go.work.sum. Never throws; lines after a malformed one are still read. */
export function parseGoSum(bytes: Uint8Array): GoSumFile {
  const sums = new Map<string, RecordedSum[]>();
  let problem: GoSumFile['problem'];
  let line = 0;
  for (const text of decoder.decode(bytes).split('\n')) {
    line++;
    const fields = fieldsOf(text);
    if (fields.length === 0) continue;
    const [path = '', version = '', sum = ''] = fields;
    if (fields.length !== 3) {
      problem ??= { line, text: `wrong number of fields ${fields.length}` };
    } else if (sum.startsWith('h1:') && sum !== emptyGoModHash) {
      // Go ignores sums of other algorithms (modfetch.HaveSum).
      const key = `${path} ${version}`;
      const known = sums.get(key);
      if (known === undefined) sums.set(key, [{ sum, line }]);
      else known.push({ sum, line });
    }
  }
  return { sums, ...(problem === undefined ? {} : { problem }) };
}

/** Returns the first `h1:` sum that one of the files has for a key. */
export function h1Of(files: readonly GoSums[], key: string): string | undefined {
  for (const sums of files) {
    const found = sums.get(key)?.[0];
    if (found !== undefined) return found.sum;
  }
  return undefined;
}

/**
 * Returns the recorded sum because of which go reports "checksum mismatch" for a hash, with the index of its
 * file. Within a file the first sum of the key decides: if it matches, later ones are not compared
 * (modfetch.haveModSumLocked).
 */
export function contradiction(
  files: readonly GoSums[],
  key: string,
  hash: string,
): (RecordedSum & { readonly file: number }) | undefined {
  for (const [file, sums] of files.entries()) {
    for (const recorded of sums.get(key) ?? []) {
      if (recorded.sum === hash) break;
      return { file, ...recorded };
    }
  }
  return undefined;
}
