import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endsAsZip } from '../../../src/go/module-zip.ts';

/**
 * Makes the frame of a zip: `content` bytes, a directory of `directory` bytes, and a comment of `comment`
 * bytes.
 */
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

describe('endsAsZip', () => {
  it('accepts a whole zip and refuses every truncated one', () => {
    fc.assert(
      fc.property(...sizes, fc.nat(), (content, directory, comment, cut) => {
        const whole = zip(content, directory, comment);
        expect(endsAsZip(whole, whole.length)).toBe(true);
        const length = cut % whole.length;
        expect(endsAsZip(whole.subarray(0, length), length)).toBe(false);
      }),
    );
  });

  it('refuses an empty file and a zip whose beginning is missing', () => {
    expect(endsAsZip(new Uint8Array(), 0)).toBe(false);
    const back = zip(300, 100, 0).subarray(200);
    expect(endsAsZip(back, back.length)).toBe(false);
  });
});
