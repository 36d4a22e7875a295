/**
 * The state of a whole directory as a value: one digest over types, permissions and bytes of everything in
 * it, so that it can be exchanged, and recognized after a crash. Symlinks are read and never followed.
 */
import { constants, promises as fs } from 'node:fs';
import { sha256Hex, sha256Parts } from './digest.ts';
import { errorCode } from './errors.ts';

/** The state of a directory. */
export interface TreeState {
  readonly kind: 'tree';
  /** SHA-256 of the sorted lines of all members. */
  readonly sha256: string;
  readonly files: number;
  /** Bytes of all files. */
  readonly size: number;
}

/**
 * A member of a tree; `''` is the tree itself. `mode` are the permission bits with set-user-ID, set-group-ID
 * and sticky.
 */
export type TreeMember = { readonly name: string; readonly uid: number } & (
  | { readonly kind: 'directory'; readonly mode: number }
  | { readonly kind: 'file'; readonly mode: number; readonly sha256: string; readonly size: number }
  | { readonly kind: 'link'; readonly to: string }
  | { readonly kind: 'other' }
);

/** Larger than any module or Go release. */
const mostMembers = 200_000;
const mostBytes = 4 * 1024 * 1024 * 1024;

function lineOf(member: TreeMember): string {
  const { name, kind, uid } = member;
  const rest =
    kind === 'file'
      ? `${member.mode.toString(8)} ${member.sha256}`
      : kind === 'directory'
        ? member.mode.toString(8)
        : kind === 'link'
          ? JSON.stringify(member.to)
          : '';
  return `${JSON.stringify(name)} ${kind} ${uid} ${rest}\n`;
}

/** Returns the state of a tree with these members. */
export function treeStateOf(members: Iterable<TreeMember>): TreeState {
  const lines: string[] = [];
  let files = 0;
  let size = 0;
  for (const member of members) {
    lines.push(lineOf(member));
    if (member.kind !== 'file') continue;
    files++;
    size += member.size;
  }
  return { kind: 'tree', sha256: sha256Hex(lines.sort().join('')), files, size };
}

const tooLarge = (file: string) => Object.assign(new Error(`EFBIG: ${file}`), { code: 'EFBIG' });

async function fileMember(file: string, name: string): Promise<TreeMember> {
  const handle = await fs.open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) return { name, uid: stat.uid, kind: 'other' };
    const digest = sha256Parts();
    const room = Buffer.allocUnsafe(1 << 18);
    let size = 0;
    for (;;) {
      const { bytesRead } = await handle.read(room, 0, room.length, size);
      if (bytesRead === 0) break;
      digest.update(room.subarray(0, bytesRead));
      size += bytesRead;
      if (size > mostBytes) throw tooLarge(file);
    }
    return { name, uid: stat.uid, kind: 'file', mode: stat.mode & 0o7777, sha256: digest.hex(), size };
  } finally {
    await handle.close();
  }
}

/** Reads a path as a member with that name. Throws the system's error, EFBIG for a file that is too large. */
export async function readMember(file: string, name: string): Promise<TreeMember> {
  const stat = await fs.lstat(file);
  if (stat.isSymbolicLink()) return { name, uid: stat.uid, kind: 'link', to: await fs.readlink(file) };
  if (stat.isDirectory()) return { name, uid: stat.uid, kind: 'directory', mode: stat.mode & 0o7777 };
  return stat.isFile() ? await fileMember(file, name) : { name, uid: stat.uid, kind: 'other' };
}

/**
 * Reads a directory and everything below it. Undefined if there is no directory; a symlink is none. Throws
 * the system's error, EFBIG for a tree that is too large.
 */
export async function readMembers(directory: string): Promise<readonly TreeMember[] | undefined> {
  let top: TreeMember;
  try {
    top = await readMember(directory, '');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  if (top.kind !== 'directory') return undefined;
  const members: TreeMember[] = [top];
  const pending = [''];
  let bytes = 0;
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    for (const entry of await fs.readdir(folder === '' ? directory : `${directory}/${folder}`)) {
      const name = folder === '' ? entry : `${folder}/${entry}`;
      const member = await readMember(`${directory}/${name}`, name);
      members.push(member);
      if (member.kind === 'directory') pending.push(name);
      if (member.kind === 'file') bytes += member.size;
      if (members.length > mostMembers || bytes > mostBytes) throw tooLarge(directory);
    }
  }
  return members;
}

/** Reads the state of a directory. Returns undefined and throws as {@link readMembers} does. */
export async function readTree(directory: string): Promise<TreeState | undefined> {
  const members = await readMembers(directory);
  return members === undefined ? undefined : treeStateOf(members);
}
