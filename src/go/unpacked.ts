/**
 * What go makes of a module's zip when it unpacks it: files that nobody may write, and of a toolchain the bits that let its programs run and the go.mod files
 * that no zip may hold (cmd/go/internal/modfetch/fetch.go and cmd/go/internal/toolchain/select.go). An SDK is the same files as its archive has them, which everybody may write who owns it.
 */
import { foldersOf } from './zip-directory.ts';

/** What a tree is: two kinds in the module cache, and the one that golang.org/dl makes in `~/sdk` of the same files. */
export const treeKinds = ['module', 'toolchain', 'sdk'] as const;
export type TreeKind = (typeof treeKinds)[number];

/** What golang.org/dl leaves when all is unpacked, empty (its internal/version, unpackedOkay); `from` of such a member is {@link nowhere}. */
const unpackedMark = '.unpacked-success';
/** Stands for no bytes at all, where a file of a zip is named. */
export const nowhere = '';

/** A name of an unpacked tree with its permission bits; `''` is the tree itself. `from` is the file of the zip that has its bytes. */
export type UnpackedMember =
  | { readonly name: string; readonly kind: 'directory'; readonly mode: number }
  | { readonly name: string; readonly kind: 'file'; readonly mode: number; readonly from: string };

/** Files that go lets be executed when it first switches to a toolchain. */
const programs = /^(?:bin|pkg\/tool)\/|^lib\/(?:.*\/)?go_[^/]+_[^/]+_exec$/;
const storedMod = /(^|\/)_go\.mod$/;

/**
 * The members of a tree that is unpacked from a zip with these files, outer folders first. `folderMode` is that of every folder: 0555, or with
 * -modcacherw and in an SDK 0755.
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
