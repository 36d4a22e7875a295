/**
 * The code that is looked at, which is what one pull request may change: the workspace and the repository around it. A file of it that is a
 * link to somewhere else would show words of a host's file to whoever reads a report, so such links are not followed (decision 0036).
 */
import path from 'node:path';
import type { ResolvedVariable } from '../../go/getenv.ts';
import { isWithin } from '../../host/checked-program.ts';
import type { Credentials } from '../../host/credentials.ts';
import { insideRoot, pathOf, type ReadResult, readFile, rightsAt, stampOf } from '../../host/files.ts';
import { ownUid } from '../../host/machine.ts';
import type { How } from '../../host/open.ts';
import {
  anotherGroupWrites,
  everybodyWrites,
  rightsElsewhere,
  rightsOfDirectory,
  rightsOfPath,
} from '../../host/path-owner.ts';
import { mayRead, mayReadOpen, nameOf, readAs, readerName } from '../../host/reader.ts';
import { insidePathOf, leadsTo } from '../../host/tree.ts';

/** The nearest directory at or above that holds a `.git` (a folder, or the file of a worktree), whatever it is; undefined without one. */
export function repositoryOf(root: string, directory: string): string | undefined {
  for (let here = directory; ; here = path.dirname(here)) {
    if (stampOf({ root, path: path.join(here, '.git') }) !== undefined) return here;
    if (here === path.dirname(here)) return undefined;
  }
}

/** Whether others than its owner may write to the top of a repository. */
const isShared = (top: { readonly mode: number; readonly gid: number }) =>
  everybodyWrites(top) || anotherGroupWrites(top);

/** Whether what is called `.git` there is one: the folder, or the file that names it. */
function isRepository(root: string, git: string): boolean {
  if (stampOf({ root, path: path.join(git, 'HEAD') })?.directory === false) return true;
  const read = readFile({ root, path: git }, 4096);
  return read.ok && read.bytes.toString('latin1').startsWith('gitdir: ');
}

/**
 * The repository that a workspace is part of, as far as it can be believed: git takes one for its own when its owner says so (safe.directory),
 * and anybody can make a `.git` in a directory that everybody may write to. Undefined without one.
 */
function believedRepository(root: string, workspace: string, owner: number): string | undefined {
  const believed = [owner, 0, ownUid];
  for (let here = workspace; ; here = path.dirname(here)) {
    const git = path.join(here, '.git');
    const [top, itself] = [here, git].map((one) => rightsAt({ root, path: one }));
    if (
      top !== undefined &&
      itself !== undefined &&
      believed.includes(top.uid) &&
      believed.includes(itself.uid) &&
      (top.uid === owner || !isShared(top)) &&
      isRepository(root, git)
    )
      return here;
    if (here === path.dirname(here)) return undefined;
  }
}

/** The directories of the code, as they are called and as they are when links are resolved. */
export interface Code {
  readonly root: string;
  readonly directories: readonly string[];
  readonly real: readonly string[];
  /** What may be code as well, by any `.git`: nothing of it is run. */
  readonly claimed: readonly string[];
  /** Rights of whose the workspace is, and of whoever else may write to it: what each of them may read is read, here and elsewhere. */
  readonly owners: readonly Credentials[];
}

/** For memories of what was read of it: for whom, and with whose rights; what one may read is not another's. */
export function codeName({ root, real, owners }: Code): string {
  return [readerName(), ...owners.map(nameOf), root, ...real].join('\0');
}

/** Files of a workspace that name directories and files elsewhere. */
const naming = ['go.mod', 'go.work', 'vendor/modules.txt'];

/** With whose rights is read what a workspace and some files name. */
function ownersOf(root: string, workspace: string, files: readonly string[]): readonly Credentials[] {
  try {
    return rightsOfDirectory(root, workspace, files) ?? ['own'];
  } catch {
    return ['own']; // nothing of it can be read either
  }
}

/**
 * The code for a file that a variable names: whoever may write to the settings file that sets it has a hand in what is read, beside those whose the code is.
 * A name costs as little as a link, and leads to another's private file as well.
 */
export function codeSetBy(code: Code, variable: Pick<ResolvedVariable, 'origin'> | undefined): Code {
  const file = variable?.origin.path;
  if (file === undefined) return code;
  try {
    return { ...code, owners: [...code.owners, rightsOfPath(file, code.root)] };
  } catch {
    return code; // gone since: what it named is not in force any more
  }
}

/** The code for what further files of it name, as the modules that a go.work uses: whoever may write to one of those has a hand in it too. */
export function codeNamedBy(code: Code, files: readonly string[]): Code {
  const [workspace] = code.directories;
  if (workspace === undefined || files.length === 0) return code;
  const own = naming.map((name) => path.join(workspace, name));
  return { ...code, owners: ownersOf(code.root, workspace, [...own, ...files]) };
}

/**
 * The code of a workspace (`''`: there is none). A home that is a repository itself, as people do who keep their settings under version
 * control, is no part of it: it holds the user's own programs and secrets. `found`: where a workspace that nobody named is allowed to be.
 */
export function codeOf(root: string, workspace: string, home: string, found?: string): Code {
  if (workspace === '') return { root, directories: [], real: [], claimed: [], owners: ['own'] };
  const uid = stampOf({ root, path: workspace })?.owner ?? ownUid;
  const part = (repository: string | undefined) =>
    repository !== undefined && (home === '' || !isWithin(home, repository)) ? [repository] : [];
  const directories = [...new Set([workspace, ...part(believedRepository(root, workspace, uid))])];
  return {
    root,
    directories,
    real: directories.map((one) =>
      one === workspace && found !== undefined ? found : (insidePathOf({ root, path: one }) ?? one),
    ),
    claimed: part(repositoryOf(root, workspace)),
    owners: ownersOf(
      root,
      workspace,
      naming.map((name) => path.join(workspace, name)),
    ),
  };
}

/**
 * Whether all whose the workspace is may read an open file, by the path of the host or of a root at which it truly is. Below the workspace what is above
 * is not asked, for its owner is there already; wherever else it lies, by a link or by its name, the way is asked too.
 */
export function judgeOf({ root, owners, real: [workspace] }: Code): NonNullable<How['judge']> {
  return (real, stat) => {
    const below = workspace !== undefined && isWithin(insideRoot(root, real), workspace);
    return owners.every((one) =>
      below
        ? readAs(one, () => mayReadOpen(real, stat, workspace))
        : readAs(rightsElsewhere(one), () => mayReadOpen(real, stat)),
    );
  };
}

/**
 * Reads a file of the code, or one that its files name, with the rights of all whose the workspace is, beside those of whoever is read for. Where the file
 * truly is decides, before it is read ({@link judgeOf}).
 */
export function readCode(code: Code, file: string, limit: number): ReadResult {
  return readFile({ root: code.root, path: file }, limit, { judge: judgeOf(code) });
}

/** Whether all whose the workspace is may read what stands at a path elsewhere, or the names in it; a path of the host or of a root. */
export function mayAllRead({ owners }: Code, place: string): boolean {
  return owners.every((one) => readAs(rightsElsewhere(one), () => mayRead(place)));
}

/**
 * Whether a file in a directory that the code names (`replace`, `use`) is to be taken for a link out of it ({@link isOutside}): also where it
 * lies elsewhere and the owner of the workspace may not read it.
 */
export function isNamedOutside(code: Code, file: string, real: string): boolean {
  if (isOutside(code, file, real)) return true;
  if (code.directories.some((one) => isWithin(file, one))) return false;
  return !mayAllRead(code, pathOf({ root: code.root, path: real }));
}

/** {@link isNamedOutside} by name alone. */
export function leadsOutNamed(code: Code, file: string): boolean {
  const place = { root: code.root, path: file };
  const real = leadsTo(place);
  if (real === undefined) return false;
  return (
    isOutside(code, file, real) || (insidePathOf(place) !== undefined && isNamedOutside(code, file, real))
  );
}

/**
 * Whether a file of the code is, or is reached by, a link out of it. Of a file that lies elsewhere anyway (go.work of a parent, a version
 * file of the home) its own directory counts. A link is one by its own text, also where nothing stands at its end: whoever writes there writes
 * outside.
 */
export function leadsOut(code: Code, file: string): boolean {
  const real = leadsTo({ root: code.root, path: file });
  return real !== undefined && isOutside(code, file, real);
}

/**
 * Whether words of a file of the code may be quoted. A link may lead to a file that is no part of any commit, though it lies in the checkout, and holds
 * secrets: a settings file, what git keeps. What is found behind a link is quoted where it has a name of that kind and is not git's.
 * `extension`: what a file of its kind has, for GOWORK names any file.
 */
export function isQuotable(file: string, real: string, extension = path.extname(real)): boolean {
  if (path.extname(real) !== extension) return false;
  const [name, end] = [path.basename(file), path.basename(real)];
  const sameKind = name === end || (path.extname(name) !== '' && path.extname(name) === path.extname(end));
  const ofGit = (one: string) => one.split('/').includes('.git');
  return sameKind && (!ofGit(real) || ofGit(file));
}

/** {@link leadsOut} of a file that was opened, with the path at which that very file is: a link that is exchanged meanwhile changes nothing. */
export function isOutside(code: Code, file: string, real: string): boolean {
  const { root } = code;
  if (code.directories.some((one) => isWithin(file, one)))
    return !code.real.some((one) => isWithin(real, one));
  const directory = path.dirname(file);
  return !isWithin(real, insidePathOf({ root, path: directory }) ?? directory);
}
