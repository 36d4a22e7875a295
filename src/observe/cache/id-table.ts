/**
 * Records by a SHA-256 id in flat arrays: a cache has a hundred thousand of them, and as objects they would weigh ten times as much. An id is
 * its own hash, so finding one is a look at an array. Records are never removed alone; `compact` drops what is not kept.
 */

/** The columns of a table: how many numbers and how many bytes a record has beside its id. */
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
  /** Index of the record whose 32-byte id begins at `at`, or -1. */
  find(source: Uint8Array, at: number): number;
  /** Index of a new, empty record; the id must not be there yet. */
  add(source: Uint8Array, at: number): number;
  /** Keeps only these, in their order. */
  compact(keep: (index: number) => boolean): void;
}

export const idBytes = 32;

function slotsFor(capacity: number): Int32Array {
  let size = 1024;
  while (size < capacity * 2) size *= 2;
  return new Int32Array(size).fill(-1);
}

/** Makes a table, empty or from stored arrays of equal length. */
export function createIdTable(
  columns: Columns,
  stored?: { readonly ids: Uint8Array; readonly numbers: Float64Array; readonly bytes: Uint8Array },
): IdTable {
  let count = (stored?.ids.length ?? 0) / idBytes;
  let ids = stored?.ids ?? new Uint8Array(1024 * idBytes);
  let numbers = stored?.numbers ?? new Float64Array(1024 * columns.numbers);
  let bytes = stored?.bytes ?? new Uint8Array(1024 * columns.bytes);
  let slots = slotsFor(count);

  const slotOf = (source: Uint8Array, at: number) =>
    (((source[at] as number) << 24) |
      ((source[at + 1] as number) << 16) |
      ((source[at + 2] as number) << 8) |
      (source[at + 3] as number)) >>>
    0;

  const same = (index: number, source: Uint8Array, at: number) => {
    const start = index * idBytes;
    for (let byte = 0; byte < idBytes; byte++) if (ids[start + byte] !== source[at + byte]) return false;
    return true;
  };

  const place = (index: number) => {
    const mask = slots.length - 1;
    // The low bits: the first byte is the folder, and folders come one after the other.
    let slot = slotOf(ids, index * idBytes + 4) & mask;
    while (slots[slot] !== -1) slot = (slot + 1) & mask;
    slots[slot] = index;
  };

  const index = () => {
    slots = slotsFor(count);
    for (let each = 0; each < count; each++) place(each);
  };

  const grow = () => {
    const capacity = Math.max(1024, count * 2);
    const larger = <T extends Uint8Array | Float64Array>(old: T, made: T): T => {
      made.set(old as never);
      return made;
    };
    ids = larger(ids, new Uint8Array(capacity * idBytes));
    numbers = larger(numbers, new Float64Array(capacity * columns.numbers));
    bytes = larger(bytes, new Uint8Array(capacity * columns.bytes));
  };

  index();
  return {
    columns,
    get count() {
      return count;
    },
    get ids() {
      return ids;
    },
    get numbers() {
      return numbers;
    },
    get bytes() {
      return bytes;
    },
    find(source, at) {
      const mask = slots.length - 1;
      for (let slot = slotOf(source, at + 4) & mask; ; slot = (slot + 1) & mask) {
        const found = slots[slot] as number;
        if (found === -1 || same(found, source, at)) return found;
      }
    },
    add(source, at) {
      if (ids.length < (count + 1) * idBytes) grow();
      ids.set(source.subarray(at, at + idBytes), count * idBytes);
      count++;
      if (slots.length < count * 2) index();
      else place(count - 1);
      return count - 1;
    },
    compact(keep) {
      let kept = 0;
      for (let each = 0; each < count; each++) {
        if (!keep(each)) continue;
        if (kept !== each) {
          ids.copyWithin(kept * idBytes, each * idBytes, (each + 1) * idBytes);
          numbers.copyWithin(kept * columns.numbers, each * columns.numbers, (each + 1) * columns.numbers);
          bytes.copyWithin(kept * columns.bytes, each * columns.bytes, (each + 1) * columns.bytes);
        }
        kept++;
      }
      numbers.fill(0, kept * columns.numbers, count * columns.numbers);
      bytes.fill(0, kept * columns.bytes, count * columns.bytes);
      count = kept;
      index();
    },
  };
}
