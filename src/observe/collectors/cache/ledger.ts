/**
 * What is remembered of a build cache: every action with its output, and every output with its stamp and
 * verdict. The ledger reveals actions that were repointed, and saves hashing everything again after a
 * restart.
 */
import type { CacheLossCause } from '../../../drift/facets/cache.ts';
import { sha256Hex } from '../../../host/digest.ts';
import { type Columns, createIdTable, type IdTable, idBytes } from './id-table.ts';

/**
 * Numbers of an action: the stamp of its entry file, the recorded size of the output, and the round in which
 * the entry was last seen.
 */
export const actionNumbers = {
  inode: 0,
  fileSize: 1,
  mtimeMs: 2,
  ctimeMs: 3,
  size: 4,
  birthMs: 5,
  round: 6,
} as const;
/** Bytes of an action: its output, the output before a rewrite, the defect of its entry, and marks. */
export const actionBytes = { output: 0, recorded: 32, defect: 64, marks: 65 } as const;
/**
 * The entry was changed in place from one pure archive to another; the contents of both follow from their
 * action.
 */
export const rewrittenMark = 1;

/** Numbers of an output: its stamp, when it was last read, when it was first found wrong, and the round. */
export const outputNumbers = {
  inode: 0,
  size: 1,
  mtimeMs: 2,
  ctimeMs: 3,
  verifiedAt: 4,
  suspectAt: 5,
  round: 6,
} as const;
/**
 * Bytes of an output: its kind of entry (host/cache-folder.ts), its kind of content (go/cache-object.ts),
 * verdict, purity, maker, and whether objects of two releases are mixed.
 */
export const outputBytes = { type: 0, kind: 1, verdict: 2, pure: 3, made: 4, madeBy: 5, mixed: 20 } as const;

/** Verdicts on an output. `suspect`: read once and wrong; `corrupt`: read twice and wrong, at rest. */
export const verdicts = { unread: 0, good: 1, suspect: 2, corrupt: 3, unreadable: 4, oversized: 5 } as const;

const columns: { readonly actions: Columns; readonly outputs: Columns } = {
  actions: { numbers: 7, bytes: 66 },
  outputs: { numbers: 7, bytes: 21 },
};

export interface Ledger {
  /** `dev:inode` of the cache's directory. */
  identity: string;
  /** Number of audit rounds; a record not seen in the last round is gone. */
  round: number;
  /** Start of the last round, ms since the epoch. */
  roundAt: number;
  readonly losses: Partial<Record<CacheLossCause, number>>;
  readonly actions: IdTable;
  readonly outputs: IdTable;
  /** Names of executables within their directories, by output in hex. */
  readonly inner: Map<string, string>;
}

/** Returns the ledger of a cache that was never audited. */
export function emptyLedger(identity: string): Ledger {
  return {
    identity,
    round: 0,
    roundAt: 0,
    losses: {},
    actions: createIdTable(columns.actions),
    outputs: createIdTable(columns.outputs),
    inner: new Map(),
  };
}

/** Returns the 32 bytes of an id, or of another column of that width, in hex. */
export function hexAt(bytes: Uint8Array, at: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + at, idBytes).toString('hex');
}

const version = 2;
const magic = `godrift cache ledger ${version}\n`;

/**
 * Reports whether a newer version wrote the ledger, so that {@link parseLedger} rejects it although it is
 * undamaged.
 */
export function isNewerLedger(bytes: Uint8Array): boolean {
  const [, number] =
    /^godrift cache ledger (\d{1,9})\n/.exec(Buffer.from(bytes.subarray(0, 64)).toString('latin1')) ?? [];
  return Number(number) > version;
}

interface Header {
  readonly identity: string;
  readonly round: number;
  readonly roundAt: number;
  readonly losses: Partial<Record<CacheLossCause, number>>;
  readonly inner: Readonly<Record<string, string>>;
  readonly actions: number;
  readonly outputs: number;
}

function arraysOf(table: IdTable): readonly Uint8Array[] {
  const { columns, count } = table;
  return [
    table.ids.subarray(0, count * idBytes),
    new Uint8Array(table.numbers.buffer, table.numbers.byteOffset, count * columns.numbers * 8),
    table.bytes.subarray(0, count * columns.bytes),
  ];
}

/**
 * Serialises a ledger: magic, one line of JSON, the arrays in this machine's byte order, and the SHA-256 of
 * everything before it.
 */
export function formatLedger(ledger: Ledger): Uint8Array {
  const { identity, round, roundAt, losses, inner, actions, outputs } = ledger;
  const header: Header = {
    identity,
    round,
    roundAt,
    losses,
    inner: Object.fromEntries(inner),
    actions: actions.count,
    outputs: outputs.count,
  };
  const body = Buffer.concat([
    Buffer.from(`${magic}${JSON.stringify(header)}\n`),
    ...arraysOf(actions),
    ...arraysOf(outputs),
  ]);
  return Buffer.concat([body, Buffer.from(sha256Hex(body))]);
}

/** Parses the result of {@link formatLedger}; undefined for anything else. */
export function parseLedger(bytes: Uint8Array): Ledger | undefined {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const body = all.subarray(0, Math.max(0, all.length - 64));
  if (!body.subarray(0, magic.length).equals(Buffer.from(magic))) return undefined;
  if (all.toString('latin1', body.length) !== sha256Hex(body)) return undefined;
  const end = body.indexOf(10, magic.length);
  try {
    // The digest proves that formatLedger wrote it.
    const header = JSON.parse(body.toString('utf8', magic.length, end)) as Header;
    let at = end + 1;
    const take = (length: number): Uint8Array => {
      const part = new Uint8Array(length);
      part.set(body.subarray(at, at + length));
      at += length;
      return part;
    };
    const table = (kind: 'actions' | 'outputs') =>
      createIdTable(columns[kind], {
        ids: take(header[kind] * idBytes),
        numbers: new Float64Array(take(header[kind] * columns[kind].numbers * 8).buffer),
        bytes: take(header[kind] * columns[kind].bytes),
      });
    const actions = table('actions');
    const outputs = table('outputs');
    if (at !== body.length) return undefined;
    const { identity, round, roundAt, losses, inner } = header;
    return {
      identity,
      round,
      roundAt,
      losses: { ...losses },
      actions,
      outputs,
      inner: new Map(Object.entries(inner)),
    };
  } catch {
    return undefined;
  }
}
