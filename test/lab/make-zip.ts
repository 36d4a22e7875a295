/**
 * Makes zips for tests, stored or deflated: valid ones as archive/zip writes them, and invalid ones
 * (APPNOTE.TXT 4.3).
 */
import { crc32, deflateRawSync } from 'node:zlib';

/** A file of a zip. Fields other than name and text are written into its headers unchecked. */
export interface Zipped {
  readonly name: string;
  /** The content, as bytes or text. */
  readonly text: string | Uint8Array;
  readonly stored?: true;
  readonly flags?: number;
  readonly method?: number;
  readonly crc?: number;
  /** The size in the headers, if not the real one. */
  readonly size?: number;
}

/** Returns the bytes of a zip with these files. */
export function makeZip(files: readonly Zipped[]): Buffer {
  const parts: Buffer[] = [];
  const list: Buffer[] = [];
  let offset = 0;
  for (const { name, text, stored, flags = 0x800, method, crc, size } of files) {
    const data = Buffer.from(typeof text === 'string' ? new TextEncoder().encode(text) : text);
    const packed = stored === true ? data : deflateRawSync(data);
    const bytes = Buffer.from(name);
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt16LE(flags, 2);
    head.writeUInt16LE(method ?? (stored === true ? 0 : 8), 4);
    head.writeUInt32LE(crc ?? crc32(data), 10);
    head.writeUInt32LE(packed.length, 14);
    head.writeUInt32LE(size ?? data.length, 18);
    head.writeUInt16LE(bytes.length, 22);
    parts.push(Buffer.from('PK\x03\x04'), head, bytes, packed);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    list.push(Buffer.from('PK\x01\x02\x14\x00'), head, tail, bytes);
    offset += 4 + head.length + bytes.length + packed.length;
  }
  const end = Buffer.alloc(18);
  end.writeUInt16LE(files.length, 4);
  end.writeUInt16LE(files.length, 6);
  end.writeUInt32LE(
    list.reduce((sum, part) => sum + part.length, 0),
    8,
  );
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, ...list, Buffer.from('PK\x05\x06'), end]);
}
