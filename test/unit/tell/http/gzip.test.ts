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
        async (kept, more) => {
          const fresh = Buffer.concat(more);
          for (const blocks of [kept, [...kept, ...more], [...more, ...kept], kept])
            for (const last of [fresh, Buffer.alloc(0)]) {
              const whole = Buffer.concat([...blocks, last]);
              expect(gunzipSync(Buffer.concat(await gzipOf(blocks, last))).equals(whole)).toBe(true);
            }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('is read by gzip itself', async () => {
    const blocks = [Buffer.from('a\n'.repeat(40_000)), Buffer.from('b\n'), Buffer.from('c\n'.repeat(500))];
    // What is new may be longer than a block without compression can be.
    for (const fresh of [Buffer.from('d\n'), Buffer.from('e\n'.repeat(70_000))]) {
      const input = Buffer.concat(await gzipOf(blocks, fresh));
      expect(execFileSync('gzip', ['-dc'], { input }).equals(Buffer.concat([...blocks, fresh]))).toBe(true);
    }
  });

  it('makes the packed form of a list once, and compresses a block once', async () => {
    const block = Buffer.from('godrift_x{target="a"} 1\n'.repeat(5_000));
    const list = [block];
    const [first] = await gzipOf(list, Buffer.from('a 1\n'));
    const [second] = await gzipOf(list, Buffer.from('a 2\n'));
    expect(second).toBe(first);
    const [other] = await gzipOf([block, Buffer.from('b 1\n')], Buffer.from('a 2\n'));
    // The compressed block stands in it as it was.
    expect(other.subarray(0, first.length).equals(first)).toBe(true);
  });
});
