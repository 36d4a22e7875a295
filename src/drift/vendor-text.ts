/** What the digest of a vendor directory is made of, whoever read it: the working tree, or a commit. */
import { compareBytewise } from './snapshot.ts';

/** Links and special files count by what they are: a build reads none of them as it reads a file. */
export const irregular = 'no regular file';

/** The text whose SHA-256 is `modules.vendor`: a line `digest  name` for each file, sorted by its bytes. */
export function vendorText(files: ReadonlyMap<string, { readonly sha256: string }>): string {
  const names = [...files.keys()].sort(compareBytewise);
  return names.map((name) => `${files.get(name)?.sha256}  ${name}\n`).join('');
}
