import { execFileSync } from 'node:child_process';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gzipOf } from '../../../../src/tell/http/gzip.ts';

describe('gzipOf', () => {
  it('is one gzip member with all blocks in order, again and again', async () => {
    // Short, middle and long blocks take different ways.
    const block = fc
      .tuple(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(0, 1, 30, 2_000))
      .map(([bytes, times]) => Buffer.concat(Array.from({ length: times }, () => bytes)));
    await fc.assert(
      fc.asyncProperty(
        fc.array(block, { maxLength: 12 }),
        fc.array(block, { maxLength: 3 }),
        async (kept, fresh) => {
          for (const blocks of [kept, [...kept, ...fresh], [...fresh, ...kept]])
            expect(gunzipSync(Buffer.concat(await gzipOf(blocks))).equals(Buffer.concat(blocks))).toBe(true);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('is read by gzip itself', async () => {
    const blocks = [Buffer.from('a\n'.repeat(40_000)), Buffer.from('b\n'), Buffer.from('c\n'.repeat(500))];
    const input = Buffer.concat(await gzipOf(blocks));
    expect(execFileSync('gzip', ['-dc'], { input }).equals(Buffer.concat(blocks))).toBe(true);
  });

  it('compresses a block once', async () => {
    const block = Buffer.from('godrift_x{target="a"} 1\n'.repeat(5_000));
    const pieces = async () => (await gzipOf([block])).find((piece) => piece.length > 100);
    const first = await pieces();
    expect(first).toBeDefined();
    expect((await pieces()) === first).toBe(true);
  });
});
