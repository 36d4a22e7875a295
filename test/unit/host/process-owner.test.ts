/**
 * Whether a program gained rights when it was started, read from the kernel’s auxiliary vector of either word
 * size.
 */

import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';
import { describe, expect, it } from 'vitest';
import { startedSecure } from '../../../src/host/process-owner.ts';

const little = endianness() === 'LE';

/** Encodes pairs as an auxiliary vector. */
function vector(size: 4 | 8, pairs: readonly (readonly [number, number])[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(pairs.length * 2 * size));
  pairs.flat().forEach((value, index) => {
    if (size === 8) view.setBigUint64(index * 8, BigInt(value), little);
    else view.setUint32(index * 4, value, little);
  });
  return new Uint8Array(view.buffer);
}

describe('whether a program was started with gained rights', () => {
  it.each([4, 8] as const)('is read from words of %i bytes', (size) => {
    const others = [
      [32, 0xf7f0_0550],
      [6, 4096],
      [11, 1000],
    ] as const;
    expect(startedSecure(vector(size, [...others, [23, 1], [0, 0]]))).toBe(true);
    expect(startedSecure(vector(size, [...others, [23, 0], [0, 0]]))).toBe(false);
  });

  it('is unknown if the vector does not contain it', () => {
    expect(startedSecure(new Uint8Array())).toBeUndefined();
    expect(
      startedSecure(
        vector(8, [
          [6, 4096],
          [0, 0],
        ]),
      ),
    ).toBeUndefined();
    expect(startedSecure(new Uint8Array(7))).toBeUndefined();
  });

  it.runIf(process.platform === 'linux')('is false for this process', () => {
    expect(startedSecure(readFileSync('/proc/self/auxv'))).toBe(false);
  });
});
