/**
 * The text from which the digest of a vendor directory is computed, the same for a working tree and for a
 * commit.
 */
import { compareBytewise } from './snapshot.ts';

/** Stands for the digest of symlinks and special files: builds do not read them as files. */
export const irregular = 'no regular file';

/**
 * Returns the text whose SHA-256 is `modules.vendor`: a line `digest  name` for each file, sorted by the
 * bytes of its name.
 */
export function vendorText(files: ReadonlyMap<string, { readonly sha256: string }>): string {
  const names = [...files.keys()].sort(compareBytewise);
  return names.map((name) => `${files.get(name)?.sha256}  ${name}\n`).join('');
}
