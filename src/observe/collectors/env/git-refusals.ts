/**
 * Predicts, from files alone, why git would refuse to report the state of a repository. Git is not run. In
 * doubt nothing is reported.
 */
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

/**
 * Returns the git directory of a repository: `.git` itself, or the directory that the `.git` file of a
 * worktree names (gitrepository-layout(5)). Undefined if the file names none.
 */
export function gitDirectoryOf(code: Code, repository: string): string | undefined {
  const git = path.join(repository, '.git');
  if (entryAt(repository, '.git')?.kind === 'directory') return git;
  const bytes = readSmallSync(git, 4096, judgeOf(code));
  const named = /^gitdir: (.+?)\s*$/.exec(bytes?.toString('utf8') ?? '')?.[1];
  return named === undefined ? undefined : path.resolve(repository, named);
}

/**
 * Reports whether the directory named by a `.git` file lies where the code's owners have no access: then not
 * even its absence may be reported.
 */
export function isHidden(code: Code, repository: string, named: string): boolean {
  if (named === path.join(repository, '.git')) return false;
  let here = named;
  while (entryAt(here) === undefined && here !== path.dirname(here)) here = path.dirname(here);
  return !mayAllRead(code, here);
}

/**
 * Returns the git directory named by the `.git` file of a worktree or submodule, if it is not a repository.
 * Git then fails, even inside another repository.
 */
function goneGitDirectory(code: Code, repository: string): string | undefined {
  const directory = gitDirectoryOf(code, repository);
  if (entryAt(repository, '.git')?.kind !== 'file' || directory === undefined) return undefined;
  return isHidden(code, repository, directory) || isRepository(directory) ? undefined : directory;
}

/** Most submodules of a repository to examine. */
const submoduleLimit = 200;

/**
 * Returns a submodule whose repository is gone: `git status` of the outer repository then fails as well
 * ("failed in submodule"). Git does not enter submodules that are not checked out or that it is told to
 * ignore.
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

/** Reports whether git accepts a directory as a repository (is_git_directory in git's setup.c). */
function isRepository(gitDirectory: string): boolean {
  const has = (name: string) => entryAt(gitDirectory, name) !== undefined;
  return has('HEAD') && (has('commondir') || (has('objects') && has('refs')));
}

/**
 * Reports whether git rejects the HEAD of a repository (validate_headref in git's refs.c). A symbolic ref may
 * name a branch without commits.
 */
function isDamaged(code: Code, gitDirectory: string): boolean {
  const head = readSmallSync(path.join(gitDirectory, 'HEAD'), 4096, judgeOf(code))?.toString('utf8');
  return head !== undefined && !/^(?:ref:\s*refs\/|[0-9a-f]{40})/.test(head);
}

/** Returns the git that `go` finds on PATH; undefined if there is none. */
export function gitOnPath(sources: Sources): string | undefined {
  const directories = (sources.environment.variables.get('PATH') ?? '').split(':');
  for (const directory of directories.filter((one) => one.startsWith('/'))) {
    const found = executableAt({ root: '/', path: path.join(directory, 'git') }, 'own');
    if (found !== undefined) return found.realPath;
  }
  return undefined;
}

/**
 * Returns the files of git's own configuration (git-config(1), FILES): system, for any build prefix, and
 * global. Of the system files only that of the usual prefix is certainly read (Makefile, ETC_GITCONFIG).
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

/** Returns the safe directories configured by the environment (GIT_CONFIG_COUNT). */
function directoriesOfEnvironment(environment: ReadonlyMap<string, string>): readonly string[] {
  return [...environment].flatMap(([name, key]) => {
    const number = /^GIT_CONFIG_KEY_(\d+)$/.exec(name)?.[1];
    return number === undefined || key.toLowerCase() !== 'safe.directory'
      ? []
      : [environment.get(`GIT_CONFIG_VALUE_${number}`) ?? ''];
  });
}

/**
 * Returns the first of the working tree, its `.git` and its git directory that is not owned by the user who
 * builds; undefined if git accepts the owners (ensure_valid_ownership in setup.c).
 */
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

/** Returns git's own configuration; undefined if it cannot be read as git would. */
function ownConfigOf(sources: Sources, git: string): ReturnType<typeof readOwnConfig> {
  const { variables } = sources.environment;
  const home = variables.get('HOME') ?? '';
  return home.startsWith('/') ? readOwnConfig(configurationFiles(variables, git, home), home) : undefined;
}

/**
 * Returns why the configuration keeps git from working in another user's repository: empty, or the
 * `safe.directory` that only a newer git would honour. Undefined if git may work there, or if that is
 * unknown.
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

/** Returns what git rejects in the repository's own configuration or index. */
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

/**
 * Reports whether an exported GIT_DIR is not a repository; a relative one starts at the repository, where
 * `go` runs git.
 */
function isNoGitDirectory(repository: string, named: string): boolean {
  const directory = path.resolve(repository, named);
  // A file may name the git directory.
  return named === '' || (entryAt(directory)?.kind !== 'file' && !isRepository(directory));
}

/**
 * Predicts the error of git when `go` runs it in a repository; undefined if git reports the state, or if that
 * is unknown. `nested`: the repository lies within another one, which git uses if this one is invalid.
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
