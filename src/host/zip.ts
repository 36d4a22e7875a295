/** Reads files out of a zip, one after the other: nothing is written, and nothing larger than what its list says is unpacked. */
import { constants, promises as fs } from 'node:fs';
import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';

const inflate = promisify(inflateRaw);

/** Bytes of a file at a place. */
export type ReadAt = (start: number, length: number) => Promise<Buffer>;

/** Opens a regular file for reading at any place, and closes it in the end. Throws the system's error, EFTYPE for what is no file. */
export async function withFile<T>(
  file: string,
  work: (readAt: ReadAt, size: number) => Promise<T>,
): Promise<T> {
  const handle = await fs.open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw Object.assign(new Error(`EFTYPE: ${file}`), { code: 'EFTYPE' });
    const readAt: ReadAt = async (start, length) => {
      const room = Buffer.alloc(Math.max(0, Math.min(length, stat.size - start)));
      const { bytesRead } = await handle.read(room, 0, room.length, start);
      return room.subarray(0, bytesRead);
    };
    return await work(readAt, stat.size);
  } finally {
    await handle.close();
  }
}

/** What unpacking a file needs to know of it. */
export interface Packed {
  readonly method: 'stored' | 'deflated';
  readonly crc32: number;
  readonly packed: number;
  readonly size: number;
}

/** Unpacks one file; undefined where its bytes are not what the list says of them. */
export async function unpack(
  bytes: Buffer,
  { method, packed, size, ...file }: Packed,
): Promise<Buffer | undefined> {
  if (bytes.length !== packed) return undefined;
  try {
    const whole =
      method === 'stored'
        ? bytes
        : size === 0
          ? Buffer.alloc(0)
          : await inflate(bytes, { maxOutputLength: size });
    return whole.length === size && crc32(whole) === file.crc32 ? whole : undefined;
  } catch {
    return undefined;
  }
}
