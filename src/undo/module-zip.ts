/**
 * Reads a zip of the module cache: its hash, and the content of the tree that go unpacks from it. Writes
 * nothing.
 */
import { hash1 } from '../go/dirhash.ts';
import { endLimit } from '../go/module-zip.ts';
import { toolchainDigestText } from '../go/toolchain-files.ts';
import { nowhere, type TreeKind, type UnpackedMember, unpackedMembers } from '../go/unpacked.ts';
import {
  headerBytes,
  namesBelow,
  type ZipFile,
  ZipProblem,
  zipFilesOf,
  zipIndexOf,
} from '../go/zip-directory.ts';
import { sha256Base64, sha256Hex } from '../host/digest.ts';
import type { NewTree } from '../host/make-tree.ts';
import { type TreeMember, type TreeState, treeStateOf } from '../host/tree-state.ts';
import { type ReadAt, unpack, withFile } from '../host/zip.ts';

/** An open zip. */
export interface OpenZip {
  /** Names relative to the prefix of the zip. */
  readonly names: readonly string[];
  /**
   * Returns the content of one name, empty for {@link nowhere}. Throws ZipProblem where the data does not
   * match the directory of the zip.
   */
  readonly bytes: (name: string) => Promise<Uint8Array>;
}

async function bytesOf(readAt: ReadAt, name: string, file: ZipFile): Promise<Uint8Array> {
  const header = await readAt(file.header, headerBytes);
  const damaged = () => new ZipProblem(`${name} in it is damaged`);
  if (header.length < headerBytes || header.readUInt32LE(0) !== 0x04034b50) throw damaged();
  const start = file.header + headerBytes + header.readUInt16LE(26) + header.readUInt16LE(28);
  const whole = await unpack(await readAt(start, file.packed), file);
  if (whole === undefined) throw damaged();
  return whole;
}

/**
 * Opens a zip whose names all begin with `prefix` (`path@version/`) and passes it to `work`. Throws
 * ZipProblem for any other file, and the system's error.
 */
export function withZip<T>(file: string, prefix: string, work: (zip: OpenZip) => Promise<T>): Promise<T> {
  return withFile(file, async (readAt, size) => {
    const tail = await readAt(Math.max(0, size - endLimit), endLimit);
    const index = zipIndexOf(tail, size);
    const files = namesBelow(zipFilesOf(await readAt(index.start, index.bytes), index), prefix);
    return await work({
      names: [...files.keys()],
      bytes: async (name) => {
        if (name === nowhere) return new Uint8Array();
        const found = files.get(name);
        if (found === undefined) throw new ZipProblem(`${name} is not in it`);
        return await bytesOf(readAt, name, found);
      },
    });
  });
}

/**
 * Returns the tree that go or golang.org/dl unpacks from a zip. `folderMode`: permission bits of its
 * directories.
 */
export function treeFrom(kind: TreeKind, { names, bytes }: OpenZip, folderMode: number): NewTree {
  const members = unpackedMembers(kind, names, folderMode);
  const from = new Map(
    members.flatMap((one) => (one.kind === 'file' ? [[one.name, one.from] as const] : [])),
  );
  return { members, bytes: (name) => bytes(from.get(name) ?? name) };
}

/** A file of a zip with its digest. */
export interface HashedFile {
  readonly name: string;
  /** 64 hex digits. */
  readonly sha256: string;
  readonly size: number;
}

/** Hashes every file of a zip. Throws like {@link withZip}. */
export async function hashZip({ names, bytes }: OpenZip): Promise<readonly HashedFile[]> {
  const files: HashedFile[] = [];
  for (const name of names) {
    const whole = await bytes(name);
    files.push({ name, sha256: sha256Hex(whole), size: whole.length });
  }
  return files;
}

/** Returns the `h1:` sum of a zip with these files. */
export function sumOf(files: readonly HashedFile[], prefix: string): string | undefined {
  return hash1(new Map(files.map(({ name, sha256 }) => [prefix + name, sha256])), { base64: sha256Base64 });
}

/** Returns the `toolchain.digest` of a zip with these files. */
export const digestOf = (files: readonly HashedFile[]): string =>
  `sha256:${sha256Hex(toolchainDigestText(files))}`;

const empty = sha256Hex(new Uint8Array());

/** Returns the state of a tree with these members, all owned by `uid`. */
export function stateAfter(
  members: readonly UnpackedMember[],
  files: readonly HashedFile[],
  uid: number,
): TreeState {
  const known = new Map(files.map((file) => [file.name, file]));
  return treeStateOf(
    members.map((one): TreeMember => {
      if (one.kind === 'directory') return { ...one, uid };
      const { sha256 = empty, size = 0 } = known.get(one.from) ?? {};
      return { name: one.name, kind: 'file', mode: one.mode, uid, sha256, size };
    }),
  );
}
