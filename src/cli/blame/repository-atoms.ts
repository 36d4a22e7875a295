/**
 * Atoms of the repository: files that differ from the commit that was checked out at the time of the approval
 * (decision 0082). Searched for only when undoing the differences in Go's own settings does not help, because
 * most edits of a working tree are work in progress.
 */
import path from 'node:path';
import { shellWord } from '../../drift/shell-word.ts';
import type { Change, Fixed } from '../../explain/blame/atom.ts';
import { type ChangedFile, changedFiles } from '../../host/git/changed.ts';
import { repositoryOf } from '../../observe/environment/code.ts';
import type { ApprovedRecord } from '../../store/approved/record.ts';
import type { Unweighed } from './file-atoms.ts';

/** Up to this many files are tried one by one; more are grouped by folder. */
const mostAlone = 100;
/** Most file names in the line of a repair. */
const mostNamed = 10;

/**
 * Removes the folder of a file and its parents where they are empty now. No commit holds an empty folder, and
 * go takes an empty vendor/ for a vendor directory.
 */
const withoutFolder = (file: string): Change => ({
  do: 'command',
  argv: ['/bin/rmdir', '-p', '--ignore-fail-on-non-empty', '--', path.dirname(file)],
});

function changesOf({ file, committed }: ChangedFile): readonly Change[] {
  if (committed === undefined) return [{ do: 'remove', path: file }, withoutFolder(file)];
  return [restored(file, committed)];
}

function restored(file: string, committed: NonNullable<ChangedFile['committed']>): Change {
  if (committed.mode === '120000')
    return { do: 'link', path: file, to: Buffer.from(committed.bytes).toString('utf8') };
  return {
    do: 'write',
    path: file,
    bytes: committed.bytes,
    mode: committed.mode === '100755' ? 0o755 : 0o644,
  };
}

/**
 * Groups files that only make sense together (vendor, go.mod with go.sum, go.work); every other file is a
 * group of its own.
 */
function groupOf({ name }: ChangedFile): { readonly key: string; readonly id: string } {
  const [vendor] = /^(?:.*\/)?vendor(?=\/)/.exec(name) ?? [];
  if (vendor !== undefined) return { key: 'modules.vendor', id: `vendor ${vendor}` };
  const base = path.basename(name);
  if (base === 'go.mod' || base === 'go.sum') return { key: 'modules.go_mod', id: 'go.mod' };
  if (base === 'go.work' || base === 'go.work.sum') return { key: 'modules.go_work', id: 'go.work' };
  return { key: 'modules.source', id: `file ${name}` };
}

function ofFolder({ key, id }: ReturnType<typeof groupOf>, { name }: ChangedFile) {
  return key === 'modules.source' ? { key, id: `folder ${path.dirname(name)}` } : { key, id };
}

const stateOf = (is: boolean, word: string) => (is ? word : 'not there');

/**
 * Describes the repair, to be run in the root of the repository. Files that no commit holds are moved away
 * instead of deleted, so that the user can look at them first.
 */
function repairOf(files: readonly ChangedFile[], revision: string): string {
  const words = (some: readonly ChangedFile[]) => some.map(({ name }) => shellWord(name)).join(' ');
  const old = files.filter(({ committed }) => committed !== undefined);
  const fresh = files.filter(({ committed }) => committed === undefined);
  const source = revision === 'HEAD' ? '' : ` --source=${revision.slice(0, 12)}`;
  return [
    ...(old.length === 0 ? [] : [`git restore${source} -- ${words(old.slice(0, mostNamed))}`]),
    ...(fresh.length === 0 ? [] : [`move ${words(fresh.slice(0, mostNamed))} out of the way`]),
  ].join(', and ');
}

function atomOf(
  { key, id, revision }: { readonly key: string; readonly id: string; readonly revision: string },
  files: readonly [ChangedFile, ...ChangedFile[]],
): Unweighed {
  const [first] = files;
  const names = files.map(({ name }) => name);
  const shown = names.slice(0, 3).join(', ') + (names.length > 3 ? ` and ${names.length - 3} more` : '');
  return {
    id,
    facet: 'modules',
    key,
    kind: 'difference',
    title: shown,
    from: stateOf(first.committed !== undefined, 'as committed'),
    to: stateOf(first.isThere, first.committed === undefined ? 'a new file' : 'edited'),
    origin: { kind: 'file', path: first.file },
    changes: files.flatMap(changesOf),
    repair: repairOf(files, revision),
  };
}

/**
 * Returns the atoms of the repository around a directory, except for files that the record or another atom
 * (`taken`) already covers.
 */
export async function repositoryAtoms(
  directory: string,
  record: Pick<ApprovedRecord, 'time' | 'entries'> | undefined,
  taken: ReadonlySet<string>,
): Promise<{ readonly atoms: readonly Unweighed[]; readonly fixed: readonly Fixed[] }> {
  const top = directory === '' ? undefined : repositoryOf('/', directory);
  if (top === undefined) return { atoms: [], fixed: [] };
  const changed = await changedFiles({ directory: top, start: top }, record?.time);
  if (changed.state === 'problem')
    return {
      atoms: [],
      fixed: [{ key: 'modules.source', why: `files cannot be compared with ${top}: ${changed.why}` }],
    };
  const known = new Set([...(record?.entries ?? []).map(({ path: one }) => one), ...taken]);
  const files = changed.files.filter(({ file }) => !known.has(file));
  const groups = new Map<string, { readonly key: string; files: [ChangedFile, ...ChangedFile[]] }>();
  for (const file of files) {
    const { key, id } = files.length > mostAlone ? ofFolder(groupOf(file), file) : groupOf(file);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, { key, files: [file] });
    else group.files.push(file);
  }
  return {
    atoms: [...groups].map(([id, { key, files: all }]) =>
      atomOf({ key, id: `repository ${id}`, revision: changed.revision }, all),
    ),
    fixed: [],
  };
}
