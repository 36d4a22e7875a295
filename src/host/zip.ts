/**
 * Reads files out of a zip one by one: writes nothing, and unpacks nothing larger than the directory of the
 * zip declares.
 */
import { constants, promises as fs } from 'node:fs';
import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';

const inflate = promisify(inflateRaw);

/** Reads bytes at an offset. */
export type ReadAt = (start: number, length: number) => Promise<Buffer>;

/**
 * Opens a regular file for random reads, and closes it in the end. Throws the system's error, EFTYPE for a
 * non-regular file.
 */
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

/** How a file is stored: method, checksum, and packed and unpacked size in bytes. */
export interface Packed {
  readonly method: 'stored' | 'deflated';
  readonly crc32: number;
  readonly packed: number;
  readonly size: number;
}

/** Unpacks one file; undefined if its bytes do not match the declared sizes and checksum. */
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
