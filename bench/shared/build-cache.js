// Build caches with made-up outputs, for benches.
import { createHash, randomFillSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** Of bytes or text, in hex. */
export const sha256 = (data) => createHash('sha256').update(data).digest('hex');

/** The action entry of an output. */
export function putAction(cache, action, output, size) {
  const line = `v1 ${action} ${output} ${String(size).padStart(20)} ${'1'.padStart(20)}\n`;
  writeFileSync(path.join(cache, action.slice(0, 2), `${action}-a`), line);
}

/** The 256 folders. */
export function makeFolders(cache) {
  for (let folder = 0; folder < 256; folder++)
    mkdirSync(path.join(cache, folder.toString(16).padStart(2, '0')), { recursive: true });
}

/** Outputs of sizes as in a real cache (half below 10 kB, most bytes in files of some hundred kB); answers their bytes. */
export function fill(cache, bytes) {
  makeFolders(cache);
  const pool = randomFillSync(Buffer.alloc(8 * 2 ** 20));
  let all = 0;
  for (let count = 0; all < bytes; count++) {
    const size = Math.min(pool.length - 8, Math.floor(1024 * 2 ** (((count * 7919) % 1300) / 100)));
    pool.writeUInt32LE(count);
    const data = pool.subarray(0, size);
    const output = sha256(data);
    writeFileSync(path.join(cache, output.slice(0, 2), `${output}-d`), data);
    putAction(cache, sha256(`action ${count}`), output, size);
    all += size;
  }
  return all;
}
