/**
 * Compresses a page that is joined from blocks, most of which are the same at each scrape. A block is
 * compressed once for as long as it is referenced, and so is a list of blocks. The result is a header, the
 * compressed blocks, the fresh part and a checksum of all.
 *
 * Each block ends at a byte boundary and refers to nothing before it (a separate stream with Z_SYNC_FLUSH),
 * so that blocks can be joined to one deflate stream (RFC 1951 §3.2.3: a stream is a sequence of blocks; RFC
 * 1952: one gzip member). Level 1 takes a third of the time of level 6, for pages that are a little larger.
 */
import { promisify } from 'node:util';
import { constants, crc32, deflateRaw, deflateRawSync } from 'node:zlib';

/** RFC 1952 §2.3: magic, deflate, no flags, no time, fastest algorithm, unknown system. */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255]);
const options = { level: 1, finishFlush: constants.Z_SYNC_FLUSH };
/** For short blocks: the smallest window, which takes a fraction of the memory and set-up time. */
const shortOptions = { ...options, windowBits: 9, memLevel: 1 };
const shortBytes = 512;
/**
 * For frequently compressed blocks: 24 KiB of memory instead of zlib's 256, which would wait for the garbage
 * collection.
 */
const middleOptions = { ...options, windowBits: 12, memLevel: 4, chunkSize: 4096 };
/** Larger blocks are compressed off the event loop. */
const longBytes = 16 * 1024;

const deflateLong = promisify(deflateRaw);
const compressed = new WeakMap<Buffer, Buffer | Promise<Buffer>>();

function deflate(block: Buffer): Buffer | Promise<Buffer> {
  const known = compressed.get(block);
  if (known !== undefined) return known;
  if (block.length <= longBytes) {
    const made = deflateRawSync(block, block.length <= shortBytes ? shortOptions : middleOptions);
    compressed.set(block, made);
    return made;
  }
  const made = deflateLong(block, options);
  compressed.set(block, made);
  // A failure (no memory) is not kept.
  made.catch(() => compressed.delete(block));
  return made;
}

/**
 * The checksum after a block, by the checksum before it. Both stay the same as long as nothing before the
 * block changes.
 */
const checksums = new WeakMap<Buffer, { readonly before: number; readonly behind: number }>();

function checksumBehind(block: Buffer, before: number): number {
  const known = checksums.get(block);
  if (known?.before === before) return known.behind;
  const behind = crc32(block, before);
  checksums.set(block, { before, behind });
  return behind;
}

/** The start of a gzip member, to which more may be appended. */
interface Packed {
  /** The header and the compressed blocks. */
  readonly bytes: Buffer;
  /** CRC-32 of the uncompressed blocks. */
  readonly checksum: number;
  readonly length: number;
}
const packedLists = new WeakMap<readonly Buffer[], Promise<Packed>>();

async function pack(blocks: readonly Buffer[]): Promise<Packed> {
  const pieces: Buffer[] = [header];
  let checksum = 0;
  let length = 0;
  for (const block of blocks) {
    // crc32 of an empty block returns the initial checksum, not the previous one.
    if (block.length === 0) continue;
    const made = deflate(block);
    pieces.push(made instanceof Promise ? await made : made);
    checksum = checksumBehind(block, checksum);
    length += block.length;
  }
  return { bytes: Buffer.concat(pieces), checksum, length };
}

/** Returns the packed form of a list of blocks, made once for each list. */
function packedOf(blocks: readonly Buffer[]): Promise<Packed> {
  const known = packedLists.get(blocks);
  if (known !== undefined) return known;
  const made = pack(blocks);
  packedLists.set(blocks, made);
  // A failure (no memory) is not kept.
  made.catch(() => packedLists.delete(blocks));
  return made;
}

/** Most bytes in a stored (uncompressed) deflate block (RFC 1951 §3.2.4). */
const storedBytes = 0xffff;

/**
 * Returns the end of a gzip member: `fresh` in stored blocks, the last one marked as final, and the trailer
 * (RFC 1952 §2.3.1).
 */
function endOf({ checksum, length }: Packed, fresh: Buffer): Buffer {
  const blocks = Math.max(1, Math.ceil(fresh.length / storedBytes));
  const end = Buffer.allocUnsafe(blocks * 5 + fresh.length + 8);
  let at = 0;
  for (let block = 0; block < blocks; block++) {
    const part = fresh.subarray(block * storedBytes, (block + 1) * storedBytes);
    at = end.writeUInt8(block === blocks - 1 ? 1 : 0, at);
    at = end.writeUInt16LE(part.length, at);
    at = end.writeUInt16LE(~part.length & 0xffff, at);
    at += part.copy(end, at);
  }
  at = end.writeUInt32LE(fresh.length === 0 ? checksum : crc32(fresh, checksum), at);
  end.writeUInt32LE((length + fresh.length) % 2 ** 32, at);
  return end;
}

/**
 * Returns the two pieces of one gzip member with the blocks of `kept`, followed by `fresh`. The first piece
 * is made once for each list. `fresh` is for short data that differs each time: it is not compressed. Blocks
 * and list must not be modified afterwards.
 */
export async function gzipOf(kept: readonly Buffer[], fresh: Buffer): Promise<readonly [Buffer, Buffer]> {
  const packed = await packedOf(kept);
  return [packed.bytes, endOf(packed, fresh)];
}
