/** What stands below a folder, name by name, so that it can be held against what stood there before. */
import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** By the path below the top: rights with the digest of the bytes, rights of a folder, or where a link leads. */
export type Tree = ReadonlyMap<string, string>;

const digests = new Map<string, string>();

/** A digest of a file, by its stamps: the trees of toolchains hold ten thousand files that never change. */
function digestOf(file: string, stamps: string): string {
  const known = digests.get(stamps);
  if (known !== undefined) return known;
  const digest = createHash('sha256').update(readFileSync(file)).digest('hex');
  digests.set(stamps, digest);
  return digest;
}

/** Everything below a folder: kinds, modes, owners, bytes, links. Paths in `without` are left out with what is below them. */
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

/** Everything in the home of a world but godrift's own state and what go counts of itself. */
export const homeOf = ({ home }: { readonly home: string }): Tree =>
  treeOf(home, ['state', '.config/go/telemetry']);

/** Paths that are another thing in the one than in the other. */
export const differing = (one: Tree, other: Tree): readonly string[] =>
  [...new Set([...one.keys(), ...other.keys()])].filter((path) => one.get(path) !== other.get(path));

/**
 * The text of every file below a folder. An exporter that still runs writes a file beside its place and renames it, so that a name may be
 * gone before it is read: then all is read anew, for the name that it got may have been passed already.
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
