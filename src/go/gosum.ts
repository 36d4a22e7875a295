/** go.sum and go.work.sum: the sums that go demands of modules and of their go.mod files (cmd/go/internal/modfetch/fetch.go, readGoSum). */
import { fieldsOf } from './space.ts';

/** A recorded sum and where it stands. */
export interface RecordedSum {
  readonly sum: string;
  /** From 1. */
  readonly line: number;
}

/** Sums by `path version` (a module's zip) and `path version/go.mod` (its go.mod alone). */
export type GoSums = ReadonlyMap<string, readonly RecordedSum[]>;

/** A go.sum as read. */
export interface GoSumFile {
  readonly sums: GoSums;
  /** The first line that go refuses: every command that reads the file fails with "malformed go.sum". */
  readonly problem?: { readonly line: number; readonly text: string };
}

/** Only the bytes that Go takes for a byte order mark's are one, and for it they are part of a word (strings.Fields). */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The hash of an empty go.mod, written by an early Go by mistake; go drops such lines (modfetch.emptyGoModHash). */
const emptyGoModHash = 'h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=';

/** The key of a sum: of the module, or with `/go.mod` of its go.mod file. */
export function sumKey(path: string, version: string, suffix: '' | '/go.mod' = ''): string {
  return `${path} ${version}${suffix}`;
}

/** Reads a go.sum or go.work.sum. Never throws; lines behind a malformed one are still read. */
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
      // Sums of other algorithms are passed over (modfetch.HaveSum).
      const key = `${path} ${version}`;
      const known = sums.get(key);
      if (known === undefined) sums.set(key, [{ sum, line }]);
      else known.push({ sum, line });
    }
  }
  return { sums, ...(problem === undefined ? {} : { problem }) };
}

/** The `h1:` sum among those that are recorded for a key; those of other algorithms are not recorded. */
export function h1Of(files: readonly GoSums[], key: string): string | undefined {
  for (const sums of files) {
    const found = sums.get(key)?.[0];
    if (found !== undefined) return found.sum;
  }
  return undefined;
}

/**
 * The recorded sum that contradicts a hash, as go finds it before it says "checksum mismatch" (modfetch.haveModSumLocked):
 * in one file a match that comes first ends the search.
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
