/**
 * Records keyed by SHA-256 id, in flat arrays. A cache has a hundred thousand of them, which as objects would
 * take ten times the memory. An id serves as its own hash. Single records are never removed; `compact` drops
 * all that are not kept.
 */

/** The columns of a table: the count of numbers and of bytes that a record has besides its id. */
export interface Columns {
  readonly numbers: number;
  readonly bytes: number;
}

export interface IdTable {
  readonly columns: Columns;
  readonly count: number;
  readonly ids: Uint8Array;
  readonly numbers: Float64Array;
  readonly bytes: Uint8Array;
  /** Returns the index of the record whose 32-byte id is in `source` at `at`; -1 if there is none. */
  find(source: Uint8Array, at: number): number;
  /** Adds an empty record and returns its index; the id must be new. */
  add(source: Uint8Array, at: number): number;
  /** Keeps only the records selected, in their order. */
  compact(keep: (index: number) => boolean): void;
}

export const idBytes = 32;

function slotsFor(capacity: number): Int32Array {
  let size = 1024;
  while (size < capacity * 2) size *= 2;
  return new Int32Array(size).fill(-1);
}

/** Returns four bytes of an id as a number. */
const hashAt = (source: Uint8Array, at: number) =>
  (((source[at] as number) << 24) |
    ((source[at + 1] as number) << 16) |
    ((source[at + 2] as number) << 8) |
    (source[at + 3] as number)) >>>
  0;

/** Copies an array into a larger one. */
function grown<T extends Uint8Array | Float64Array>(old: T, larger: T): T {
  larger.set(old as never);
  return larger;
}

/** The arrays of a table, with the same number of records. */
interface Stored {
  readonly ids: Uint8Array;
  readonly numbers: Float64Array;
  readonly bytes: Uint8Array;
}

/** Creates a table: empty, or from stored arrays. */
export function createIdTable(columns: Columns, stored?: Stored): IdTable {
  return new FlatTable(columns, stored);
}

class FlatTable implements IdTable {
  readonly columns: Columns;
  #count: number;
  #ids: Uint8Array;
  #numbers: Float64Array;
  #bytes: Uint8Array;
  /** Record indices by hash, with open addressing; -1 marks a free slot. */
  #slots: Int32Array;

  constructor(columns: Columns, stored: Stored | undefined) {
    this.columns = columns;
    this.#count = (stored?.ids.length ?? 0) / idBytes;
    this.#ids = stored?.ids ?? new Uint8Array(1024 * idBytes);
    this.#numbers = stored?.numbers ?? new Float64Array(1024 * columns.numbers);
    this.#bytes = stored?.bytes ?? new Uint8Array(1024 * columns.bytes);
    this.#slots = slotsFor(this.#count);
    this.#index();
  }

  get count(): number {
    return this.#count;
  }

  get ids(): Uint8Array {
    return this.#ids;
  }

  get numbers(): Float64Array {
    return this.#numbers;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  find(source: Uint8Array, at: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = hashAt(source, at + 4) & mask; ; slot = (slot + 1) & mask) {
      const found = slots[slot] as number;
      if (found === -1 || this.#isAt(found, source, at)) return found;
    }
  }

  add(source: Uint8Array, at: number): number {
    if (this.#ids.length < (this.#count + 1) * idBytes) this.#grow();
    this.#ids.set(source.subarray(at, at + idBytes), this.#count * idBytes);
    this.#count++;
    if (this.#slots.length < this.#count * 2) this.#index();
    else this.#place(this.#count - 1);
    return this.#count - 1;
  }

  compact(keep: (index: number) => boolean): void {
    const ofNumbers = this.columns.numbers;
    const ofBytes = this.columns.bytes;
    let kept = 0;
    for (let each = 0; each < this.#count; each++) {
      if (!keep(each)) continue;
      if (kept !== each) {
        this.#ids.copyWithin(kept * idBytes, each * idBytes, (each + 1) * idBytes);
        this.#numbers.copyWithin(kept * ofNumbers, each * ofNumbers, (each + 1) * ofNumbers);
        this.#bytes.copyWithin(kept * ofBytes, each * ofBytes, (each + 1) * ofBytes);
      }
      kept++;
    }
    this.#numbers.fill(0, kept * ofNumbers, this.#count * ofNumbers);
    this.#bytes.fill(0, kept * ofBytes, this.#count * ofBytes);
    this.#count = kept;
    this.#index();
  }

  #isAt(index: number, source: Uint8Array, at: number): boolean {
    const ids = this.#ids;
    const start = index * idBytes;
    for (let byte = 0; byte < idBytes; byte++) if (ids[start + byte] !== source[at + byte]) return false;
    return true;
  }

  /** Assigns a slot to a record. */
  #place(index: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    // Skips the first bytes: the first byte names the subdirectory, and these are added one after another.
    let slot = hashAt(this.#ids, index * idBytes + 4) & mask;
    while (slots[slot] !== -1) slot = (slot + 1) & mask;
    slots[slot] = index;
  }

  #index(): void {
    this.#slots = slotsFor(this.#count);
    for (let each = 0; each < this.#count; each++) this.#place(each);
  }

  #grow(): void {
    const capacity = Math.max(1024, this.#count * 2);
    this.#ids = grown(this.#ids, new Uint8Array(capacity * idBytes));
    this.#numbers = grown(this.#numbers, new Float64Array(capacity * this.columns.numbers));
    this.#bytes = grown(this.#bytes, new Uint8Array(capacity * this.columns.bytes));
  }
}
