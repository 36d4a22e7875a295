import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endsAsZip } from '../../../src/go/module-zip.ts';

/** A zip of one directory record of `directory` bytes behind `content`, with a comment. */
function zip(content: number, directory: number, comment: number): Uint8Array {
  const bytes = new Uint8Array(content + directory + 22 + comment);
  const view = new DataView(bytes.buffer);
  const at = content + directory;
  view.setUint32(at, 0x06054b50, true);
  view.setUint32(at + 12, directory, true);
  view.setUint32(at + 16, content, true);
  view.setUint16(at + 20, comment, true);
  return bytes;
}
const sizes = [fc.nat(300), fc.nat(300), fc.nat(50)] as const;

describe('the end of a zip', () => {
  it('is there in a whole one, and in none that was cut off', () => {
    fc.assert(
      fc.property(...sizes, fc.nat(), (content, directory, comment, cut) => {
        const whole = zip(content, directory, comment);
        expect(endsAsZip(whole, whole.length)).toBe(true);
        const length = cut % whole.length;
        expect(endsAsZip(whole.subarray(0, length), length)).toBe(false);
      }),
    );
  });

  it('is not there in an empty file, or where the front is missing', () => {
    expect(endsAsZip(new Uint8Array(), 0)).toBe(false);
    const back = zip(300, 100, 0).subarray(200);
    expect(endsAsZip(back, back.length)).toBe(false);
  });
});
