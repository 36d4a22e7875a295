/** Tests whether a directory can be written, by writing. */
import { constants, promises as fs } from 'node:fs';
import path from 'node:path';

/** Returns the name of the temporary file of {@link probeWritable}. */
export function probeOf(directory: string): string {
  return path.join(directory, '.probe');
}

/**
 * Writes, flushes and removes a small file, which is the only reliable test on a full disk. Throws the
 * system's error.
 */
export async function probeWritable(directory: string): Promise<void> {
  const probe = probeOf(directory);
  try {
    const handle = await fs.open(
      probe,
      constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW,
      0o600,
    );
    try {
      await handle.writeFile(Buffer.alloc(4096));
      await handle.sync();
    } finally {
      await handle.close();
    }
  } finally {
    await fs.rm(probe, { force: true }).catch(() => {});
  }
}
