/** The ledger of a build cache, and who may write to the cache. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createIdTable } from '../../../src/observe/collectors/cache/id-table.ts';
import {
  emptyLedger,
  formatLedger,
  hexAt,
  isNewerLedger,
  parseLedger,
} from '../../../src/observe/collectors/cache/ledger.ts';
import { mayWrite } from '../../../src/observe/collectors/cache/scan.ts';

const ids = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('a table of ids', () => {
  it('behaves like a map', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(ids, fc.integer()), { maxLength: 60 }),
        fc.nat({ max: 7 }),
        (rows, keepEvery) => {
          const table = createIdTable({ numbers: 2, bytes: 1 });
          const model = new Map<string, number>();
          for (const [id, value] of rows) {
            const found = table.find(id, 0);
            const index = found === -1 ? table.add(id, 0) : found;
            table.numbers[2 * index + 1] = value;
            model.set(Buffer.from(id).toString('hex'), value);
          }
          const agree = () => {
            expect(table.count).toBe(model.size);
            for (const [hex, value] of model)
              expect(table.numbers[2 * table.find(Buffer.from(hex, 'hex'), 0) + 1]).toBe(value);
          };
          agree();
          table.compact((index) => index % (keepEvery + 1) === 0);
          [...model.keys()].forEach((hex, index) => {
            if (index % (keepEvery + 1) !== 0) model.delete(hex);
          });
          agree();
        },
      ),
    );
  });

  it('grows beyond its initial capacity', () => {
    const table = createIdTable({ numbers: 1, bytes: 1 });
    const idOf = (value: number) => {
      const id = new Uint8Array(32);
      new DataView(id.buffer).setUint32(4, value);
      return id;
    };
    for (let value = 0; value < 5000; value++) {
      // Adding may reallocate the arrays.
      const index = table.add(idOf(value), 0);
      table.numbers[index] = value;
    }
    for (let value = 0; value < 5000; value++) expect(table.numbers[table.find(idOf(value), 0)]).toBe(value);
    expect(table.find(idOf(5000), 0)).toBe(-1);
  });
});

describe('a ledger', () => {
  const filled = () => {
    const ledger = emptyLedger('1:2');
    Object.assign(ledger, { round: 3, roundAt: 4 });
    ledger.losses.trim = 5;
    ledger.inner.set('aa'.repeat(32), 'tool');
    ledger.actions.numbers[ledger.actions.add(new Uint8Array(32).fill(7), 0)] = 11;
    ledger.outputs.bytes[ledger.outputs.columns.bytes * ledger.outputs.add(new Uint8Array(32).fill(8), 0)] =
      12;
    return ledger;
  };

  it('is read back as it was written', () => {
    const read = parseLedger(formatLedger(filled()));
    expect(read).toMatchObject({ identity: '1:2', round: 3, roundAt: 4, losses: { trim: 5 } });
    expect(read?.inner.get('aa'.repeat(32))).toBe('tool');
    expect(read?.actions.count).toBe(1);
    expect(read?.actions.numbers[0]).toBe(11);
    expect(hexAt(read?.outputs.ids as Uint8Array, 0)).toBe('08'.repeat(32));
    expect(read?.outputs.find(new Uint8Array(32).fill(8), 0)).toBe(0);
  });

  it('is rejected if one byte changed or if it is no ledger', () => {
    const bytes = formatLedger(filled());
    fc.assert(
      fc.property(fc.nat({ max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const other = Uint8Array.from(bytes);
        other[at] = (other[at] as number) ^ flip;
        expect(parseLedger(other)).toBeUndefined();
      }),
    );
    const newer = Buffer.from('godrift cache ledger 10\n{}');
    expect([
      isNewerLedger(newer),
      isNewerLedger(formatLedger(filled())),
      isNewerLedger(Buffer.alloc(0)),
    ]).toEqual([true, false, false]);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (other) => parseLedger(other) === undefined));
    for (const length of [0, 1, 63, 64, bytes.length - 1])
      expect(parseLedger(bytes.subarray(0, length))).toBeUndefined();
  });
});

describe('write permission', () => {
  const builder = { uid: 1000, gids: [100] };
  it.each([
    ['the owner', { uid: 1000, gid: 1, mode: 0o644 }, true],
    ['the owner of a read-only file', { uid: 1000, gid: 1, mode: 0o444 }, false],
    ['the group', { uid: 0, gid: 100, mode: 0o664 }, true],
    ['a group without write permission, although others may write', { uid: 0, gid: 100, mode: 0o646 }, false],
    ['everyone', { uid: 0, gid: 0, mode: 0o666 }, true],
    ['no other user', { uid: 0, gid: 0, mode: 0o644 }, false],
  ])('%s', (_, owner, may) => {
    expect(mayWrite(owner, builder)).toBe(may);
    expect(mayWrite(owner, { uid: 0, gids: [] })).toBe(true);
  });
});
