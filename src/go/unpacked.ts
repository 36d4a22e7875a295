/**
 * Computes the tree that go creates from a module zip: read-only files and, for a toolchain, executable bits
 * and the go.mod files that a module zip must not hold (cmd/go/internal/modfetch/fetch.go and
 * cmd/go/internal/toolchain/select.go). An SDK of golang.org/dl has the same files, writable by their owner.
 */
import { foldersOf } from './zip-directory.ts';

/**
 * Kinds of trees: modules and toolchains in the module cache, and SDKs that golang.org/dl creates in `~/sdk`.
 */
export const treeKinds = ['module', 'toolchain', 'sdk'] as const;
export type TreeKind = (typeof treeKinds)[number];

/**
 * The empty file that golang.org/dl creates after a complete extraction (its internal/version, unpackedOkay);
 * its `from` is {@link nowhere}.
 */
const unpackedMark = '.unpacked-success';
/** The value of `from` for an empty file that does not come from the zip. */
export const nowhere = '';

/**
 * A member of the tree with its permission bits; the name `''` is the root. `from` is the file of the zip
 * with its content.
 */
export type UnpackedMember =
  | { readonly name: string; readonly kind: 'directory'; readonly mode: number }
  | { readonly name: string; readonly kind: 'file'; readonly mode: number; readonly from: string };

/** Files that go makes executable when it first switches to a toolchain. */
const programs = /^(?:bin|pkg\/tool)\/|^lib\/(?:.*\/)?go_[^/]+_[^/]+_exec$/;
const storedMod = /(^|\/)_go\.mod$/;

/**
 * Returns the members of the tree that is extracted from a zip with the files `names`, parent directories
 * first. `folderMode` is the mode of every directory: 0555, or 0755 with -modcacherw and in an SDK.
 */
export function unpackedMembers(
  kind: TreeKind,
  names: readonly string[],
  folderMode: number,
): readonly UnpackedMember[] {
  const from = new Map(names.map((name) => [name, name]));
  if (kind !== 'module')
    for (const name of names) {
      if (!storedMod.test(name)) continue;
      from.set(name.replace(storedMod, '$1go.mod'), name);
      if (kind === 'sdk') from.delete(name);
    }
  if (kind === 'sdk') from.set(unpackedMark, nowhere);
  const own = kind === 'sdk' ? 0o200 : 0;
  const files = [...from].map(([name, source]): UnpackedMember => {
    const mode = (kind !== 'module' && programs.test(name) ? 0o555 : 0o444) | own;
    return { name, kind: 'file', mode, from: source };
  });
  const folders = ['', ...foldersOf([...from.keys()])];
  return [
    ...folders.map((name): UnpackedMember => ({ name, kind: 'directory', mode: folderMode })),
    ...files,
  ];
}
