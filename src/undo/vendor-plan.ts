/**
 * Plans the rollback of a committed vendor directory: its files go back to their state in HEAD, provided that
 * HEAD holds the approved version. No copy is kept for this: git objects are named by their content.
 */
import path from 'node:path';
import process from 'node:process';
import { irregular, vendorText } from '../drift/vendor-text.ts';
import { sha256Hex } from '../host/digest.ts';
import { locateEntry } from '../host/entry-state.ts';
import { isSystemError } from '../host/errors.ts';
import { type FileBelow, folderAtRevision } from '../host/git/revision.ts';
import { readMembers, type TreeMember } from '../host/tree-state.ts';
import type { ApprovedEntry } from '../store/approved/record.ts';
import { systemReason } from '../store/state-directory.ts';

/**
 * Most files in one plan. If more differ, the directory was recreated, and `git restore` is the right tool.
 */
const mostFiles = 500;

/**
 * The committed state of the files that differ, as entries of a record, with their contents; or why they
 * cannot go back.
 */
export type PlannedVendor =
  | { readonly entries: readonly ApprovedEntry[]; readonly contents: ReadonlyMap<string, Uint8Array> }
  | { readonly why: string };

const isFile = ({ mode }: FileBelow) => mode.startsWith('100');

/** Returns the digest of a committed vendor directory, as entries hold it. */
export function committedDigest(files: ReadonlyMap<string, FileBelow>): string {
  const digests = [...files].map(
    ([name, file]) => [name, { sha256: isFile(file) ? sha256Hex(file.bytes) : irregular }] as const,
  );
  return `sha256:${sha256Hex(vendorText(new Map(digests)))}`;
}

/**
 * Returns the permission bits of a restored file: the present ones, if they agree with git's executable bit.
 */
function modeOf({ mode }: FileBelow, now: TreeMember | undefined): number {
  const isProgram = mode === '100755';
  if (now?.kind === 'file' && ((now.mode & 0o100) !== 0) === isProgram) return now.mode;
  return isProgram ? 0o755 : 0o644;
}

/** Returns the names of the files that differ from the commit. */
function differing(
  committed: ReadonlyMap<string, FileBelow>,
  now: ReadonlyMap<string, TreeMember>,
): readonly string[] {
  const isSame = (name: string, file: FileBelow) => {
    const member = now.get(name);
    if (file.mode === '120000')
      return member?.kind === 'link' && member.to === Buffer.from(file.bytes).toString('utf8');
    return member?.kind === 'file' && member.sha256 === sha256Hex(file.bytes);
  };
  const changed = [...committed].flatMap(([name, file]) => (isSame(name, file) ? [] : [name]));
  const added = [...now.values()].flatMap(({ name, kind }) =>
    kind !== 'directory' && !committed.has(name) ? [name] : [],
  );
  return [...changed, ...added];
}

async function entryOf(
  file: string,
  committed: FileBelow | undefined,
  now: TreeMember | undefined,
): Promise<ApprovedEntry> {
  const { directory, name } = await locateEntry(file);
  const [uid, gid] = [process.geteuid?.() ?? -1, process.getegid?.() ?? -1];
  const state: ApprovedEntry['state'] =
    committed === undefined
      ? { kind: 'absent' }
      : committed.mode === '120000'
        ? { kind: 'link', to: Buffer.from(committed.bytes).toString('utf8') }
        : {
            kind: 'file',
            sha256: sha256Hex(committed.bytes),
            size: committed.bytes.length,
            mode: modeOf(committed, now),
            uid,
            gid,
          };
  return { role: 'vendor', path: file, directory, name, state };
}

/**
 * Plans the rollback of a vendor directory (absolute path) to the approved digest. Never throws for errors of
 * the system.
 */
export async function planVendor(directory: string, approved: string): Promise<PlannedVendor> {
  const where = { directory: path.dirname(directory), start: path.dirname(directory) };
  const head = folderAtRevision(where, path.basename(directory), 'HEAD');
  if (head.state === 'problem') return { why: `it cannot be compared with its repository: ${head.why}` };
  if (head.state === 'absent') return { why: 'it is not committed: go mod vendor makes it anew' };
  if (committedDigest(head.files) !== approved)
    return { why: 'HEAD has a different vendor/ than the approved one: see git log -- vendor' };
  try {
    const members = (await readMembers(directory)) ?? [];
    const now = new Map(members.map((member) => [member.name, member]));
    const names = differing(head.files, now);
    if (names.length > mostFiles)
      return { why: `${names.length} files of it differ: git restore vendor puts all of them back` };
    const entries: ApprovedEntry[] = [];
    for (const name of names)
      entries.push(await entryOf(path.join(directory, name), head.files.get(name), now.get(name)));
    const contents = names.flatMap((name) => {
      const file = head.files.get(name);
      return file === undefined || !isFile(file) ? [] : [[sha256Hex(file.bytes), file.bytes] as const];
    });
    return { entries, contents: new Map(contents) };
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return { why: systemReason(error) };
  }
}
