/**
 * What is remembered of a build cache, one record an entry, in bytes: 100,000 entries are 11 MB, pass between threads without a copy and
 * are the state file as they are. Records are in the order of a sorted walk: by id, actions before outputs.
 *
 *   0  32  id            64 u8 class of an output   72  size (an action's: of its output)   104 verified at (an output), ms
 *  32  32  output of an action;                     80  inode                              112 uid
 *          action part of an archive's build id     88  mtime, ms                          116 mode
 *  64   1  class   65  1  kind   66  1  verdict     96  ctime, ms                          120 bytes in all
 */
import type { OutputClass } from '../../go/build-cache.ts';
import type { EntryStat } from '../../host/sweep.ts';

/** Bytes of a record. */
export const recordBytes = 120;

const classes = ['archive', 'index', 'empty', 'text', 'other', ''] as const satisfies readonly (
  | OutputClass
  | ''
)[];
/** `open`: not judged yet. `denied` and `irregular`: cannot be judged. `damaged`: of an action, no entry that go would take. */
const verdicts = ['open', 'good', 'bad', 'denied', 'irregular', 'damaged'] as const;
export type Verdict = (typeof verdicts)[number];
export type RecordKind = 'action' | 'output';

/** A view of records in bytes. Positions are indexes of records. */
export class CacheRecords {
  readonly bytes: Buffer;

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get length(): number {
    return this.bytes.length / recordBytes;
  }

  id(at: number): string {
    return this.bytes.toString('hex', at * recordBytes, at * recordBytes + 32);
  }

  /** 32 bytes as a string of one-byte characters: a cheap key of a Map. */
  idKey(at: number): string {
    return this.bytes.toString('latin1', at * recordBytes, at * recordBytes + 32);
  }

  otherKey(at: number): string {
    return this.bytes.toString('latin1', at * recordBytes + 32, at * recordBytes + 64);
  }

  other(at: number): string {
    return this.bytes.toString('hex', at * recordBytes + 32, at * recordBytes + 64);
  }

  /** Whether the archive at `output` says of which action it is. */
  namesAction(at: number): boolean {
    const start = at * recordBytes + 32;
    return this.bytes.subarray(start, start + 15).some((byte) => byte !== 0);
  }

  /** Whether the archive at `output` names the action at `action` in its build id. */
  leadsTo(action: number, output: number): boolean {
    const [a, b] = [action * recordBytes, output * recordBytes + 32];
    return this.bytes.compare(this.bytes, b, b + 15, a, a + 15) === 0;
  }

  class(at: number): OutputClass | '' {
    return classes[this.bytes[at * recordBytes + 64] as number] ?? '';
  }

  kind(at: number): RecordKind {
    return this.bytes[at * recordBytes + 65] === 0 ? 'action' : 'output';
  }

  verdict(at: number): Verdict {
    return verdicts[this.bytes[at * recordBytes + 66] as number] ?? 'open';
  }

  /** Writes what hashing said of an output, or only that it cannot be judged. */
  judge(
    at: number,
    verdict: Verdict,
    seen?: {
      readonly class: OutputClass;
      readonly actionPrefix?: string;
      readonly stat: EntryStat;
      readonly time: number;
    },
  ): void {
    const start = at * recordBytes;
    this.bytes[start + 66] = verdicts.indexOf(verdict);
    if (seen === undefined) return;
    this.bytes[start + 64] = classes.indexOf(seen.class);
    this.bytes.fill(0, start + 32, start + 64);
    if (seen.actionPrefix !== undefined) this.bytes.write(seen.actionPrefix, start + 32, 'hex');
    this.bytes.writeDoubleLE(seen.stat.size, start + 72);
    this.bytes.writeDoubleLE(seen.stat.inode, start + 80);
    this.bytes.writeDoubleLE(seen.stat.mtimeMs, start + 88);
    this.bytes.writeDoubleLE(seen.stat.ctimeMs, start + 96);
    this.bytes.writeDoubleLE(seen.time, start + 104);
  }

  /** Remembers of an action what kind of output it leads to. */
  setClass(at: number, kind: OutputClass | ''): void {
    this.bytes[at * recordBytes + 64] = classes.indexOf(kind);
  }

  size(at: number): number {
    return this.bytes.readDoubleLE(at * recordBytes + 72);
  }

  mtimeMs(at: number): number {
    return this.bytes.readDoubleLE(at * recordBytes + 88);
  }

  verifiedAt(at: number): number {
    return this.bytes.readDoubleLE(at * recordBytes + 104);
  }

  uid(at: number): number {
    return this.bytes.readUInt32LE(at * recordBytes + 112);
  }

  mode(at: number): number {
    return this.bytes.readUInt32LE(at * recordBytes + 116);
  }

  /** Whether inode, size, mtime and ctime are those of the record. An action's own size is always the same. */
  isUnmoved(at: number, stat: EntryStat): boolean {
    const start = at * recordBytes;
    return (
      this.bytes.readDoubleLE(start + 80) === stat.inode &&
      this.bytes.readDoubleLE(start + 88) === stat.mtimeMs &&
      this.bytes.readDoubleLE(start + 96) === stat.ctimeMs &&
      (this.kind(at) === 'action' || this.size(at) === stat.size)
    );
  }
}

/** What a record is made from. */
export interface RecordParts {
  readonly id: string;
  readonly kind: RecordKind;
  readonly verdict: Verdict;
  readonly class?: OutputClass;
  /** Hex: output of an action, or the first bytes of the action of an archive. */
  readonly other?: string;
  readonly size: number;
  readonly stat: EntryStat;
  readonly verifiedAt?: number;
}

/** Collects records in order. */
export class RecordWriter {
  #bytes = Buffer.alloc(1024 * recordBytes);
  #length = 0;

  #room(): number {
    if (this.#length === this.#bytes.length) {
      const larger = Buffer.alloc(this.#bytes.length * 2);
      this.#bytes.copy(larger);
      this.#bytes = larger;
    }
    const start = this.#length;
    this.#length += recordBytes;
    return start;
  }

  /** Takes a record over as it is. */
  copy(records: CacheRecords, at: number): void {
    const start = this.#room();
    records.bytes.copy(this.#bytes, start, at * recordBytes, (at + 1) * recordBytes);
  }

  add(parts: RecordParts): void {
    const start = this.#room();
    const { stat } = parts;
    this.#bytes.fill(0, start, start + recordBytes);
    this.#bytes.write(parts.id, start, 'hex');
    if (parts.other !== undefined) this.#bytes.write(parts.other, start + 32, 'hex');
    this.#bytes[start + 64] = classes.indexOf(parts.class ?? '');
    this.#bytes[start + 65] = parts.kind === 'action' ? 0 : 1;
    this.#bytes[start + 66] = verdicts.indexOf(parts.verdict);
    this.#bytes.writeDoubleLE(parts.size, start + 72);
    this.#bytes.writeDoubleLE(stat.inode, start + 80);
    this.#bytes.writeDoubleLE(stat.mtimeMs, start + 88);
    this.#bytes.writeDoubleLE(stat.ctimeMs, start + 96);
    this.#bytes.writeDoubleLE(parts.verifiedAt ?? 0, start + 104);
    this.#bytes.writeUInt32LE(stat.uid >>> 0, start + 112);
    this.#bytes.writeUInt32LE(stat.mode >>> 0, start + 116);
  }

  /** The records; the writer is used up. */
  take(): Uint8Array<ArrayBuffer> {
    const copy = new Uint8Array(this.#length);
    copy.set(this.#bytes.subarray(0, this.#length));
    return copy;
  }
}
