/**
 * gzip of a page that is joined from blocks most of which are the same at each scrape: a block is compressed once, for as long as
 * somebody keeps it, and a page is a header, the compressed blocks, and a checksum of them all.
 *
 * Each block ends at a byte boundary and refers to nothing before it (Z_SYNC_FLUSH of a stream of its own), so that blocks can be joined
 * to one deflate stream (RFC 1951 §3.2.3: a stream is a sequence of blocks; RFC 1952: one gzip member). Level 1: a third of the time of
 * level 6 for pages that are a little larger.
 */
import { promisify } from 'node:util';
import { constants, crc32, deflateRaw, deflateRawSync } from 'node:zlib';

/** RFC 1952 §2.3: magic, deflate, no flags, no time, fastest algorithm, unknown system. */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255]);
/** A last block of length 0, with fixed codes (RFC 1951 §3.2.6). */
const lastBlock = Buffer.from([3, 0]);

const options = { level: 1, finishFlush: constants.Z_SYNC_FLUSH };
/** For short blocks: the smallest window, which needs a fraction of the memory and time to set up. */
const shortOptions = { ...options, windowBits: 9, memLevel: 1 };
const shortBytes = 512;
/** For what is compressed anew at each scrape: 24 KiB of memory where zlib takes 256, which would wait for the garbage collection. */
const middleOptions = { ...options, windowBits: 12, memLevel: 4, chunkSize: 4096 };
/** Above this a block is compressed off the event loop. */
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

/** The checksum behind a block, by the one in front of it: both stay the same as long as nothing before the block changes. */
const checksums = new WeakMap<Buffer, { readonly before: number; readonly behind: number }>();

function checksumBehind(block: Buffer, before: number): number {
  const known = checksums.get(block);
  if (known?.before === before) return known.behind;
  const behind = crc32(block, before);
  checksums.set(block, { before, behind });
  return behind;
}

/** The pieces of one gzip member that holds the blocks. Blocks must not be changed afterwards; those that change often come best last. */
export async function gzipOf(blocks: readonly Buffer[]): Promise<readonly Buffer[]> {
  const pieces: Buffer[] = [header];
  let checksum = 0;
  let bytes = 0;
  for (const block of blocks) {
    // The checksum of nothing is that of zlib's beginning, not that of what came before.
    if (block.length === 0) continue;
    const made = deflate(block);
    pieces.push(made instanceof Promise ? await made : made);
    checksum = checksumBehind(block, checksum);
    bytes += block.length;
  }
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(checksum, 0);
  trailer.writeUInt32LE(bytes % 2 ** 32, 4);
  return [...pieces, lastBlock, trailer];
}
