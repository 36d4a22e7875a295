/**
 * Reads saved snapshots: in the snapshot format, or as an exporter publishes its targets. Input from outside
 * is bounded and validated.
 */
import { AppError } from '../../catalog/errors.ts';
import { parseSnapshot } from '../../drift/snapshot.ts';
import { isValidGoVersion, toolchainToVersion } from '../../go/version.ts';
import type { Sighting } from './member.ts';

/** Most entries to read from one snapshot; a large build list has a few thousand. */
const mostEntries = 100_000;

/** A file and its default name and pool, which its content can override. */
export interface SavedFile {
  readonly name: string;
  readonly pool: string;
  readonly bytes: Uint8Array;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

function linesOf(value: unknown): Sighting['lines'] {
  if (!isRecord(value)) return undefined;
  const [go, toolchain] = [text(value['go']), text(value['toolchain'])];
  return {
    ...(isValidGoVersion(go) ? { go } : {}),
    ...(toolchainToVersion(toolchain) === '' ? {} : { toolchain }),
  };
}

/** Parses one target as published by an exporter; undefined if it has no entries, or implausibly many. */
export function sightingOf(
  value: unknown,
  { name, pool }: Pick<SavedFile, 'name' | 'pool'>,
): Sighting | undefined {
  if (!isRecord(value) || !isRecord(value['entries'])) return undefined;
  const pairs = Object.entries(value['entries']);
  const time = Date.parse(text(value['time']));
  if (pairs.length > mostEntries || Number.isNaN(time)) return undefined;
  const lines = linesOf(value['lines']);
  return {
    name: text(value['target']) === '' ? name : `${name}:${text(value['target'])}`,
    pool: text(value['pool']) || pool,
    time,
    entries: new Map(
      pairs.flatMap(([key, one]) => (typeof one === 'string' && one !== '' ? [[key, one]] : [])),
    ),
    ...(lines === undefined ? {} : { lines }),
  };
}

/**
 * Returns the snapshots of a file: one, or those of all targets of an exporter. Throws AppError if the file
 * is neither.
 */
export function readSaved(file: SavedFile): readonly Sighting[] {
  const { name, pool, bytes } = file;
  // A document begins with `[` or `{`, a snapshot with `#`.
  const first = bytes.find((byte) => byte > 0x20);
  if (first !== 0x5b && first !== 0x7b) {
    const { time, entries } = parseSnapshot(bytes, mostEntries);
    return [{ name, pool, time, entries }];
  }
  const refuse = (why: string) =>
    new AppError(`cannot read ${name}`, why, 'save it with godrift targets --snapshots');
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw refuse('it is no JSON');
  }
  const found = [document].flat().flatMap((one) => sightingOf(one, file) ?? []);
  if (found.length === 0) throw refuse('it holds no target with its entries');
  return found;
}
