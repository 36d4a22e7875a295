/** Snapshots as they were saved: in the format of snapshots, or as an exporter publishes its targets. What comes from outside is bounded and checked. */
import { AppError } from '../../catalog/errors.ts';
import { parseSnapshot } from '../../drift/snapshot.ts';
import { isValidGoVersion, toolchainToVersion } from '../../go/version.ts';
import type { Sighting } from './member.ts';

/** Entries of one snapshot that are read; a large build list has some thousand. */
const mostEntries = 100_000;

/** A file that was read, and whose it is unless it says so itself. */
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

/** One target as an exporter publishes it; undefined for one without its entries, or with more than anybody has. */
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

/** The snapshots of a file: one, or those of all targets of an exporter. AppError for what is neither. */
export function readSaved(file: SavedFile): readonly Sighting[] {
  const { name, pool, bytes } = file;
  // `[` or `{`: a document; a snapshot begins with `#`.
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
