/** Snapshots of a directory tree, for comparing the tree before and after. */
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Path below the top → mode and digest of a file, mode of a directory, or target of a symlink. */
export type Tree = ReadonlyMap<string, string>;

const digests = new Map<string, string>();

/**
 * Returns the digest of a file, cached by its stamps: toolchains have ten thousand files that never change.
 */
function digestOf(file: string, stamps: string): string {
  const known = digests.get(stamps);
  if (known !== undefined) return known;
  const digest = createHash('sha256').update(readFileSync(file)).digest('hex');
  digests.set(stamps, digest);
  return digest;
}

/**
 * Reads everything below a directory: kinds, modes, owners, bytes, symlinks. Leaves out the paths in
 * `without` and below.
 */
export function treeOf(top: string, without: readonly string[] = [], below = ''): Tree {
  const found = new Map<string, string>();
  for (const name of readdirSync(join(top, below))) {
    const path = join(below, name);
    if (without.includes(path)) continue;
    const file = join(top, path);
    const stat = lstatSync(file);
    const { mode, uid, gid, dev, ino, size, mtimeMs, ctimeMs } = stat;
    const rights = `${mode.toString(8)} ${uid} ${gid}`;
    if (stat.isSymbolicLink()) found.set(path, `-> ${readlinkSync(file)}`);
    else if (stat.isDirectory()) {
      found.set(path, rights);
      for (const [inner, state] of treeOf(top, without, path)) found.set(inner, state);
    } else found.set(path, `${rights} ${digestOf(file, [dev, ino, size, mtimeMs, ctimeMs].join(' '))}`);
  }
  return found;
}

/** Reads the home of a world without godrift's state and go's telemetry. */
export const homeOf = ({ home }: { readonly home: string }): Tree =>
  treeOf(home, ['state', '.config/go/telemetry']);

/** Returns the paths that differ between two trees. */
export const differing = (one: Tree, other: Tree): readonly string[] =>
  [...new Set([...one.keys(), ...other.keys()])].filter((path) => one.get(path) !== other.get(path));

/**
 * Returns the text of every file below a directory. A running exporter writes temporary files and renames
 * them, so that a name may be gone before it is read. Then everything is read again, since the new name may
 * have been passed already.
 */
export function textsBelow(top: string): readonly string[] {
  for (let tries = 1; ; tries++) {
    try {
      return readdirSync(top, { recursive: true, withFileTypes: true })
        .filter((one) => one.isFile())
        .map((one) => readFileSync(join(one.parentPath, one.name), 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || tries === 100) throw error;
    }
  }
}
