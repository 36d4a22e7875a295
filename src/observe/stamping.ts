/**
 * What keeps go from stamping a program with the state of its repository (-buildvcs): then go build and go install fail. Found in files alone,
 * git is not run. In doubt nothing is told: who builds is known only where this process's own environment is meant.
 */
import path from 'node:path';
import type { StampingProblem } from '../drift/model.ts';
import { goMinor } from '../go/defaults.ts';
import { flagValue, parseGoflags } from '../go/goflags.ts';
import { executableAt, realPathOf, scanFile } from '../host/files.ts';
import { coversDirectory, safeDirectories } from '../host/git/config.ts';
import { readDirectoryFacts } from '../host/space.ts';
import { entryAt, readSmallSync } from '../host/tree.ts';
import { type Code, codeNamedBy, judgeOf, leadsOutNamed, mayAllRead } from './code.ts';
import type { Sources } from './environment/sources.ts';
import { buildTarget } from './modules/checks.ts';
import { hasMainPackage } from './modules/needs.ts';
import { readerOfCode } from './modules/source-reader.ts';

/** Variables that make git find its repository or its settings in another way. */
const otherWays = [
  'GIT_DIR',
  'GIT_WORK_TREE',
  'GIT_CEILING_DIRECTORIES',
  'GIT_CONFIG_PARAMETERS',
  'GIT_CONFIG',
];
/** Modules of a go.work that are looked at. */
const usesLimit = 50;
/** Directories and files by which go knows the other systems (vcsList in cmd/go/internal/vcs/vcs.go). */
const otherSystems = ['.hg', '.svn', '.bzr', '.fslckout', '_FOSSIL_'];

/** The nearest directory, at or above, that a go of this minor takes for a repository of git; undefined when another system's comes first. */
function repositoryAt(directory: string, minor: number): string | undefined {
  for (let here = directory; ; here = path.dirname(here)) {
    if (otherSystems.some((name) => entryAt(here, name) !== undefined)) return undefined;
    const git = entryAt(here, '.git')?.kind;
    // The file of a worktree or of a submodule counts since go 1.27 only.
    if (git === 'directory' || (git === 'file' && minor >= 27)) return here;
    if (here === path.dirname(here)) return undefined;
  }
}

/** The directory that a `.git` is, or that it names as the file of a worktree (gitrepository-layout(5)); undefined where it names none. */
function gitDirectoryOf(code: Code, repository: string): string | undefined {
  const git = path.join(repository, '.git');
  if (entryAt(repository, '.git')?.kind === 'directory') return git;
  const bytes = readSmallSync(git, 4096, judgeOf(code));
  const named = /^gitdir: (.+?)\s*$/.exec(bytes?.toString('utf8') ?? '')?.[1];
  return named === undefined ? undefined : path.resolve(repository, named);
}

/** Whether what the file `.git` of a repository names lies where those may not look who wrote that: then not even its absence is told. */
function isHidden(code: Code, repository: string, named: string): boolean {
  if (named === path.join(repository, '.git')) return false;
  let here = named;
  while (entryAt(here) === undefined && here !== path.dirname(here)) here = path.dirname(here);
  return !mayAllRead(code, here);
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
function gitOnPath(sources: Sources): string | undefined {
  const directories = (sources.environment.variables.get('PATH') ?? '').split(':');
  for (const directory of directories.filter((one) => one.startsWith('/'))) {
    const found = executableAt({ root: '/', path: path.join(directory, 'git') }, 'own');
    if (found !== undefined) return found.realPath;
  }
  return undefined;
}

const marker = Buffer.from('safe.directory');

/** Whether a git asks for the owner of a repository: since 2.35.2, and those that distributions mended. A script that calls it is left out. */
function asksForOwner(git: string): boolean {
  const visit = (bytes: Buffer) => (bytes.includes(marker) ? true : undefined);
  return scanFile(git, marker.length, visit) ?? false;
}

/** The files of git's configuration that may name safe directories (git-config(1), FILES): system, whatever prefix it was built with, and global. */
function configurationFiles(
  environment: ReadonlyMap<string, string>,
  git: string,
  home: string,
): readonly string[] {
  const value = (name: string) => environment.get(name) ?? '';
  const prefix = path.dirname(path.dirname(git));
  const system = ['/etc', '/usr/etc', '/usr/local/etc', path.join(prefix, 'etc')].map((one) =>
    path.join(one, 'gitconfig'),
  );
  const xdg = value('XDG_CONFIG_HOME') || path.join(home, '.config');
  const own = environment.has('GIT_CONFIG_GLOBAL')
    ? [value('GIT_CONFIG_GLOBAL')]
    : [path.join(xdg, 'git/config'), path.join(home, '.gitconfig')];
  const named = value('GIT_CONFIG_SYSTEM');
  return [...(named === '' ? system : [named]), ...own].filter((one) => one.startsWith('/'));
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

/** Whether the configuration lets git work in a repository of another owner; true as well where it cannot be read. */
function isTrusted(sources: Sources, git: string, repository: string): boolean {
  const { variables } = sources.environment;
  const home = variables.get('HOME') ?? '';
  if (!home.startsWith('/')) return true;
  const configured = safeDirectories(configurationFiles(variables, git, home), home);
  if (configured === undefined) return true;
  const directories = [repository, path.join(repository, '.git')];
  const all = [...configured, ...directoriesOfEnvironment(variables)];
  return all.some((one) => coversDirectory(one, directories, home));
}

/** What go build will meet in a repository; undefined where it can stamp, need not, or nobody can tell. */
function problemIn(sources: Sources, repository: string, flag: string): StampingProblem | undefined {
  const minor = goMinor(sources.effective?.version ?? '');
  const git = gitOnPath(sources);
  if (git === undefined) return flag === 'auto' ? undefined : { why: 'no-git', directory: repository };
  const above = repositoryAt(path.dirname(repository), minor);
  const directory = gitDirectoryOf(sources.code, repository);
  if (directory !== undefined && isHidden(sources.code, repository, directory)) return undefined;
  if (directory === undefined || !isRepository(directory))
    return above === undefined ? { why: 'no-repository', directory: repository } : undefined;
  if (isDamaged(sources.code, directory))
    return above === undefined ? { why: 'damaged', directory: repository } : undefined;
  const foreign = foreignOwner(sources, repository);
  if (foreign === undefined || !asksForOwner(git) || isTrusted(sources, git, repository)) return undefined;
  return { why: 'owner', directory: repository, ...foreign, uid: sources.machine.uid };
}

/**
 * What makes go build and go install fail with "error obtaining VCS status"; undefined where nothing does, `unsearched` where it would if there were a
 * program to be built, and a limit ended the search for one.
 */
export async function stampingProblem(sources: Sources): Promise<StampingProblem | 'unsearched' | undefined> {
  const { environment, root, code, settings, gomod, gowork, variables } = sources;
  const value = (name: string) => variables.get(name)?.value ?? '';
  const flag = flagValue(parseGoflags(value('GOFLAGS')).flags, 'buildvcs') ?? 'auto';
  if (root !== '/' || environment.reading.source !== 'self') return undefined;
  if (!['auto', 'true', '1'].includes(flag) || value('GO111MODULE') === 'off') return undefined;
  const minor = goMinor(sources.effective?.version ?? '');
  if (minor < 18) return undefined;
  if (otherWays.some((name) => environment.variables.has(name))) return undefined;
  const { workspace } = settings;
  // At the root of a workspace that is no module itself, programs are built of the modules that go.work uses.
  const tops =
    gomod === undefined
      ? (gowork?.file.use ?? []).slice(0, usesLimit).map(({ path: use }) => {
          const directory = path.resolve(path.dirname(gowork?.path ?? '/'), use);
          return { directory, module: directory, ignored: [] };
        })
      : [
          {
            directory: workspace,
            module: path.dirname(gomod.path),
            ignored: gomod.file.ignore.map((one) => one.path),
          },
        ];
  const by = gomod === undefined && gowork !== undefined ? codeNamedBy(code, [gowork.path]) : code;
  let unsearched = false;
  for (const { ignored, ...named } of tops) {
    const [directory, module] = [named.directory, named.module].map((one) => realPathOf({ root, path: one }));
    if (directory === undefined || module === undefined || leadsOutNamed(by, named.directory)) continue;
    const repository = repositoryAt(directory, minor);
    if (repository === undefined || repositoryAt(module, minor) !== repository) continue;
    const problem = problemIn(sources, repository, flag);
    if (problem === undefined) continue;
    const reader = readerOfCode(by, directory);
    const makes = await hasMainPackage(directory, buildTarget(sources), {
      directory: module,
      ignored,
      reader,
    });
    if (makes === true) return problem;
    if (makes === undefined) unsearched = true;
  }
  return unsearched ? 'unsearched' : undefined;
}
