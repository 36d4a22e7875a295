/**
 * What keeps go from stamping a program with the state of its repository (-buildvcs), so that go build and go install fail, or stamps it with an older version than its tag.
 * Found in files alone, git is not run. In doubt nothing is told: who builds is known only where this process's own environment is meant.
 */
import path from 'node:path';
import type { StaleStamp, StampingProblem } from '../../../drift/model.ts';
import { goMinor } from '../../../go/defaults.ts';
import { flagValue, parseGoflags } from '../../../go/goflags.ts';
import { realPathOf } from '../../../host/files.ts';
import { codeNamedBy, leadsOutNamed } from '../../environment/code.ts';
import type { Sources } from '../../environment/sources.ts';
import { hasMainPackage, unsearched } from '../modules/imported-modules.ts';
import { buildTarget } from '../modules/missing-modules.ts';
import { readerOfCode } from '../modules/source-reader.ts';
import { gitDirectoryOf, gitOnPath, gitProblem, isHidden } from './git-refusals.ts';
import { type Stale, staleStamp } from './stamped-version.ts';
import { repositoryAt, severalSystems } from './version-control.ts';

/** Variables that make git find its repository or its settings in another way. */
const otherWays = [
  'GIT_COMMON_DIR',
  'GIT_WORK_TREE',
  'GIT_CEILING_DIRECTORIES',
  'GIT_CONFIG_PARAMETERS',
  'GIT_CONFIG',
];
/** Modules of a go.work that are looked at. */
const usesLimit = 50;
/** What go meets when it asks for the state of a directory and of its module; undefined where it is told, need not be, or nobody can tell. */
function problemAt(
  sources: Sources,
  directory: string,
  module: string,
  flag: string,
): StampingProblem | undefined {
  const version = sources.effective?.version ?? '';
  const several = severalSystems(sources, directory, version);
  if (several !== undefined) return several;
  const minor = goMinor(version);
  const repository = repositoryAt(directory, minor);
  if (repository === undefined || repositoryAt(module, minor) !== repository) return undefined;
  const nested = repositoryAt(path.dirname(repository), minor) !== undefined;
  return gitProblem(sources, repository, { flag, nested });
}

/** The first release that takes the version of a commit from the module cache at all. */
const cachesVersions = 25;

/**
 * Whether go takes the version of a commit from the module cache: only with GOPROXY=off, in just that spelling; with any other it asks the repository at each build (readDiskStat in
 * cmd/go/internal/modfetch/cache.go). With GIT_DIR git tells the commit of another repository.
 */
const cacheDecides = ({ variables, environment }: Sources) =>
  variables.get('GOPROXY')?.value === 'off' && !environment.variables.has('GIT_DIR');

/** The version that go would stamp a module's programs with in place of that of its tag; undefined where it is the tag's, or nobody can tell. */
function staleAt(sources: Sources, directory: string, module: StampedDirectory): Stale | undefined {
  const { code, effective, variables } = sources;
  const minor = goMinor(effective?.version ?? '');
  const modCache = variables.get('GOMODCACHE')?.value ?? '';
  const repository = repositoryAt(directory, minor);
  // What another user's repository says of itself is not read for this.
  const isOwn = code.owners.every((owner) => owner === 'own');
  // Without git there is no stamp at all.
  if (!cacheDecides(sources) || gitOnPath(sources) === undefined) return undefined;
  if (minor < cachesVersions || repository === undefined || !isOwn || !path.isAbsolute(modCache))
    return undefined;
  if (module.path === undefined || repositoryAt(module.directory, minor) !== repository) return undefined;
  const git = gitDirectoryOf(code, repository);
  if (git === undefined || isHidden(code, repository, git)) return undefined;
  return staleStamp({ repository, directory: module.directory, path: module.path }, git, modCache);
}

/** A directory of a module, and the module's path where its go.mod was read. */
interface StampedDirectory {
  readonly directory: string;
  readonly path: string | undefined;
}

/** What there is to be said of the stamp of programs; `unjudged`: why that cannot be told, as nobody knows whether there is a program, or there are too many tags. */
export interface Stamping {
  /** What makes go build and go install fail with "error obtaining VCS status". */
  readonly problem?: StampingProblem;
  readonly stale?: StaleStamp;
  readonly unjudged?: string;
}

/** Looks at the repositories of the modules that are built here. */
export async function stampingOf(sources: Sources): Promise<Stamping> {
  const { environment, root, code, settings, gomod, gowork, variables } = sources;
  const value = (name: string) => variables.get(name)?.value ?? '';
  const flag = flagValue(parseGoflags(value('GOFLAGS')).flags, 'buildvcs') ?? 'auto';
  if (root !== '/' || environment.reading.source !== 'self') return {};
  if (!['auto', 'true', '1'].includes(flag) || value('GO111MODULE') === 'off') return {};
  if (goMinor(sources.effective?.version ?? '') < 18) return {};
  if (otherWays.some((name) => environment.variables.has(name))) return {};
  const { workspace } = settings;
  // At the root of a workspace that is no module itself, programs are built of the modules that go.work uses.
  const tops =
    gomod === undefined
      ? (gowork?.file.use ?? []).slice(0, usesLimit).map(({ path: use }) => {
          const directory = path.resolve(path.dirname(gowork?.path ?? '/'), use);
          return { directory, module: directory, path: undefined, ignored: [] };
        })
      : [
          {
            directory: workspace,
            module: path.dirname(gomod.path),
            // go passes over tags that are retracted, which the newest release says, and not this one.
            path: gomod.file.retract.length === 0 ? gomod.file.module?.path : undefined,
            ignored: gomod.file.ignore.map((one) => one.path),
          },
        ];
  const by = gomod === undefined && gowork !== undefined ? codeNamedBy(code, [gowork.path]) : code;
  let unjudged: string | undefined;
  for (const { ignored, path: modulePath, ...named } of tops) {
    const [directory, module] = [named.directory, named.module].map((one) => realPathOf({ root, path: one }));
    if (directory === undefined || module === undefined || leadsOutNamed(by, named.directory)) continue;
    const problem = problemAt(sources, directory, module, flag);
    const stale =
      problem === undefined
        ? staleAt(sources, directory, { directory: module, path: modulePath })
        : undefined;
    if (problem === undefined && stale === undefined) continue;
    const reader = readerOfCode(by, directory);
    const makes = await hasMainPackage(directory, buildTarget(sources), {
      directory: module,
      ignored,
      reader,
    });
    if (makes === true && problem !== undefined) return { problem };
    if (makes === true && stale !== undefined)
      return 'stamp' in stale ? { stale: stale.stamp } : { unjudged: stale.unjudged };
    if (makes === undefined) unjudged = unsearched;
  }
  return unjudged === undefined ? {} : { unjudged };
}
