/** What makes git refuse to tell the state of a repository, found in files alone: git is not run. In doubt nothing is told. */
import path from 'node:path';
import type { StampingProblem } from '../../../drift/model.ts';
import { isWithin } from '../../../host/checked-program.ts';
import { executableAt } from '../../../host/files.ts';
import {
  type ConfigFile,
  coversDirectory,
  isPrefix,
  parseGitConfig,
  readOwnConfig,
} from '../../../host/git/config.ts';
import { asksForMore, isNoIndex, refusedFormat } from '../../../host/git/format.ts';
import { asksForOwner, gitVersion, takesPrefixes } from '../../../host/git/program.ts';
import { readDirectoryFacts } from '../../../host/space.ts';
import { entryAt, readSmallSync } from '../../../host/tree.ts';
import { type Code, judgeOf, mayAllRead } from '../../environment/code.ts';
import type { Sources } from '../../environment/sources.ts';

/** The directory that a `.git` is, or that it names as the file of a worktree (gitrepository-layout(5)); undefined where it names none. */
export function gitDirectoryOf(code: Code, repository: string): string | undefined {
  const git = path.join(repository, '.git');
  if (entryAt(repository, '.git')?.kind === 'directory') return git;
  const bytes = readSmallSync(git, 4096, judgeOf(code));
  const named = /^gitdir: (.+?)\s*$/.exec(bytes?.toString('utf8') ?? '')?.[1];
  return named === undefined ? undefined : path.resolve(repository, named);
}

/** Whether what the file `.git` of a repository names lies where those may not look who wrote that: then not even its absence is told. */
export function isHidden(code: Code, repository: string, named: string): boolean {
  if (named === path.join(repository, '.git')) return false;
  let here = named;
  while (entryAt(here) === undefined && here !== path.dirname(here)) here = path.dirname(here);
  return !mayAllRead(code, here);
}

/** The directory of git that the file `.git` of a worktree or submodule names and that is no repository: git stops there, also where another repository lies around it. */
function goneGitDirectory(code: Code, repository: string): string | undefined {
  const directory = gitDirectoryOf(code, repository);
  if (entryAt(repository, '.git')?.kind !== 'file' || directory === undefined) return undefined;
  return isHidden(code, repository, directory) || isRepository(directory) ? undefined : directory;
}

/** Most submodules of a repository that are looked at. */
const submoduleLimit = 200;

/**
 * A submodule whose repository is gone: git status of the repository around it fails then as well ("failed in submodule"). Those that are not
 * checked out, or that git is told to ignore, it does not look into.
 */
function goneSubmodule(
  code: Code,
  repository: string,
): { readonly at: string; readonly named: string } | undefined {
  const text = readSmallSync(path.join(repository, '.gitmodules'), 1024 * 1024, judgeOf(code))?.toString(
    'utf8',
  );
  if (text === undefined) return undefined;
  const { settings } = parseGitConfig(text);
  if (settings.some(({ key }) => key === 'ignore')) return undefined;
  const paths = settings.flatMap(({ section, key, value }) =>
    section === 'submodule' && key === 'path' ? [value] : [],
  );
  for (const named of paths.slice(0, submoduleLimit)) {
    const at = path.resolve(repository, named);
    const gone = isWithin(at, repository) ? goneGitDirectory(code, at) : undefined;
    if (gone !== undefined) return { at, named: gone };
  }
  return undefined;
}

/** Whether git takes a directory for a repository (is_git_directory in git's setup.c). */
function isRepository(gitDirectory: string): boolean {
  const has = (name: string) => entryAt(gitDirectory, name) !== undefined;
  return has('HEAD') && (has('commondir') || (has('objects') && has('refs')));
}

/** Whether the HEAD of a repository is none that git takes (validate_headref in git's refs.c). A link may lead to a branch that has no commit yet. */
function isDamaged(code: Code, gitDirectory: string): boolean {
  const head = readSmallSync(path.join(gitDirectory, 'HEAD'), 4096, judgeOf(code))?.toString('utf8');
  return head !== undefined && !/^(?:ref:\s*refs\/|[0-9a-f]{40})/.test(head);
}

/** The git that go finds on PATH; undefined without one. */
export function gitOnPath(sources: Sources): string | undefined {
  const directories = (sources.environment.variables.get('PATH') ?? '').split(':');
  for (const directory of directories.filter((one) => one.startsWith('/'))) {
    const found = executableAt({ root: '/', path: path.join(directory, 'git') }, 'own');
    if (found !== undefined) return found.realPath;
  }
  return undefined;
}

/**
 * The files of git's own configuration (git-config(1), FILES): system, whatever prefix it was built with, and global. Of the system's the one of the
 * usual prefix is read always (Makefile, ETC_GITCONFIG).
 */
function configurationFiles(
  environment: ReadonlyMap<string, string>,
  git: string,
  home: string,
): readonly ConfigFile[] {
  const value = (name: string) => environment.get(name) ?? '';
  const prefix = path.dirname(path.dirname(git));
  const usual = path.join(prefix === '/usr' ? '/' : prefix, 'etc');
  const named = value('GIT_CONFIG_SYSTEM');
  const skipped = environment.has('GIT_CONFIG_NOSYSTEM');
  const system =
    named === ''
      ? [usual, '/etc', '/usr/etc', '/usr/local/etc', path.join(prefix, 'etc')].map((one, at) => ({
          path: path.join(one, 'gitconfig'),
          always: at === 0 && !skipped,
        }))
      : [{ path: named, always: !skipped }];
  const xdg = value('XDG_CONFIG_HOME') || path.join(home, '.config');
  const own = environment.has('GIT_CONFIG_GLOBAL')
    ? [value('GIT_CONFIG_GLOBAL')]
    : [path.join(xdg, 'git/config'), path.join(home, '.gitconfig')];
  const global = own.map((one) => ({ path: one, always: true }));
  return [...system, ...global].filter((one) => one.path.startsWith('/'));
}

/** The safe directories of the environment itself (GIT_CONFIG_COUNT). */
function directoriesOfEnvironment(environment: ReadonlyMap<string, string>): readonly string[] {
  return [...environment].flatMap(([name, key]) => {
    const number = /^GIT_CONFIG_KEY_(\d+)$/.exec(name)?.[1];
    return number === undefined || key.toLowerCase() !== 'safe.directory'
      ? []
      : [environment.get(`GIT_CONFIG_VALUE_${number}`) ?? ''];
  });
}

/** The first owner of a working tree, its `.git` and the directory that names who is not who builds; undefined where git is content (ensure_valid_ownership in setup.c). */
function foreignOwner(
  sources: Sources,
  repository: string,
): { readonly owned: string; readonly owner: number } | undefined {
  const sudo = sources.machine.uid === 0 ? sources.environment.variables.get('SUDO_UID') : undefined;
  const git = path.join(repository, '.git');
  for (const directory of new Set([repository, git, gitDirectoryOf(sources.code, repository) ?? git])) {
    const owner = readDirectoryFacts(directory, { follow: false })?.uid;
    if (owner === undefined) return undefined;
    if (owner !== sources.machine.uid && String(owner) !== sudo) return { owned: directory, owner };
  }
  return undefined;
}

/** Git's own configuration; undefined where it cannot be read as git would. */
function ownConfigOf(sources: Sources, git: string): ReturnType<typeof readOwnConfig> {
  const { variables } = sources.environment;
  const home = variables.get('HOME') ?? '';
  return home.startsWith('/') ? readOwnConfig(configurationFiles(variables, git, home), home) : undefined;
}

/**
 * Whether the configuration lets git work in a repository of another owner: `no`, or the `safe.directory` that would let it with a newer git.
 * Undefined where it does, and where nobody can tell.
 */
function distrust(
  sources: Sources,
  git: string,
  repository: string,
  safe: readonly string[],
): { readonly ignored?: string; readonly git?: string } | undefined {
  const { variables } = sources.environment;
  const directories = [repository, path.join(repository, '.git')];
  const all = [...safe, ...directoriesOfEnvironment(variables)];
  const covering = all.filter((one) => coversDirectory(one, directories, variables.get('HOME') ?? ''));
  const [ignored] = covering;
  if (ignored === undefined) return {};
  const version = covering.every(isPrefix) ? gitVersion(git) : undefined;
  if (version === undefined || takesPrefixes(version)) return undefined;
  return { ignored, git: version.join('.') };
}

/** What git refuses in the configuration of a repository itself, and in its index. */
function refusedForm(
  sources: Sources,
  git: string,
  repository: string,
  own: string,
): StampingProblem | undefined {
  const judge = judgeOf(sources.code);
  const textOf = (file: string) => readSmallSync(file, 1024 * 1024, judge)?.toString('utf8');
  const common = textOf(path.join(own, 'commondir'))?.trim();
  const file = path.join(common === undefined ? own : path.resolve(own, common), 'config');
  const { settings, badLine } = parseGitConfig(textOf(file) ?? '');
  if (badLine !== undefined) return { why: 'config', directory: repository, file, line: badLine };
  const version = asksForMore(settings) ? gitVersion(git) : undefined;
  const refused = version === undefined ? undefined : refusedFormat(settings, version);
  if (version !== undefined && refused !== undefined)
    return { why: 'format', directory: repository, file, ...refused, git: version.join('.') };
  const index = path.join(own, 'index');
  if (sources.environment.variables.has('GIT_INDEX_FILE') || !isNoIndex(index, judge)) return undefined;
  return { why: 'index', directory: repository, file: index };
}

/** Whether an exported GIT_DIR names what is no repository; a relative one starts at the repository, in which go runs git. */
function isNoGitDirectory(repository: string, named: string): boolean {
  const directory = path.resolve(repository, named);
  // A file may name the directory.
  return named === '' || (entryAt(directory)?.kind !== 'file' && !isRepository(directory));
}

/**
 * What git will answer in a repository to the go that asks it; undefined where it tells the state, and where nobody knows. `nested`: a further repository
 * lies around it, which git takes when this one is none.
 */
export function gitProblem(
  sources: Sources,
  repository: string,
  { flag, nested }: { readonly flag: string; readonly nested: boolean },
): StampingProblem | undefined {
  const git = gitOnPath(sources);
  if (git === undefined) return flag === 'auto' ? undefined : { why: 'no-git', directory: repository };
  const named = sources.environment.variables.get('GIT_DIR');
  if (named !== undefined)
    return isNoGitDirectory(repository, named)
      ? { why: 'git-dir', directory: repository, file: named }
      : undefined;
  const directory = gitDirectoryOf(sources.code, repository);
  if (directory !== undefined && isHidden(sources.code, repository, directory)) return undefined;
  const gone = goneGitDirectory(sources.code, repository);
  if (gone !== undefined) return { why: 'gone', directory: repository, file: gone };
  if (directory === undefined || !isRepository(directory))
    return nested ? undefined : { why: 'no-repository', directory: repository };
  if (isDamaged(sources.code, directory))
    return nested ? undefined : { why: 'damaged', directory: repository };
  const form = refusedForm(sources, git, repository, directory);
  if (form !== undefined) return form;
  const submodule = goneSubmodule(sources.code, repository);
  if (submodule !== undefined) return { why: 'gone', directory: submodule.at, file: submodule.named };
  const config = ownConfigOf(sources, git);
  if (config?.bad !== undefined) return { why: 'config', directory: repository, ...config.bad };
  const foreign = foreignOwner(sources, repository);
  if (foreign === undefined || config === undefined || !asksForOwner(git)) return undefined;
  const refused = distrust(sources, git, repository, config.safe);
  return refused === undefined
    ? undefined
    : { why: 'owner', directory: repository, ...foreign, uid: sources.machine.uid, ...refused };
}
