/**
 * Detects why `go` cannot stamp programs with the state of their repository (-buildvcs), so that go build and
 * go install fail, or stamps them with an older version than the tag's. Uses files alone; git is not run. In
 * doubt nothing is reported. The user who builds is known only if the environment is that of this process.
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

/** Variables that change how git finds its repository or settings. */
const otherWays = [
  'GIT_COMMON_DIR',
  'GIT_WORK_TREE',
  'GIT_CEILING_DIRECTORIES',
  'GIT_CONFIG_PARAMETERS',
  'GIT_CONFIG',
];
/** Most modules of a go.work to examine. */
const usesLimit = 50;
/**
 * Returns the problem that `go` meets when it asks for the state of a directory and its module; undefined if
 * there is none or it is unknown.
 */
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

/** First Go release that takes the version of a commit from the module cache. */
const cachesVersions = 25;

/**
 * Reports whether `go` takes the version of a commit from the module cache: only with GOPROXY=off, in exactly
 * this spelling; otherwise it asks the repository at each build (readDiskStat in
 * cmd/go/internal/modfetch/cache.go). With GIT_DIR, git reports a commit of another repository.
 */
const cacheDecides = ({ variables, environment }: Sources) =>
  variables.get('GOPROXY')?.value === 'off' && !environment.variables.has('GIT_DIR');

/**
 * Returns the version with which `go` would stamp a module's programs instead of the tag's; undefined if it
 * is the tag's or unknown.
 */
function staleAt(sources: Sources, directory: string, module: StampedDirectory): Stale | undefined {
  const { code, effective, variables } = sources;
  const minor = goMinor(effective?.version ?? '');
  const modCache = variables.get('GOMODCACHE')?.value ?? '';
  const repository = repositoryAt(directory, minor);
  // Another user's repository is not read for this.
  const isOwn = code.owners.every((owner) => owner === 'own');
  // Without git there is no stamp.
  if (!cacheDecides(sources) || gitOnPath(sources) === undefined) return undefined;
  if (minor < cachesVersions || repository === undefined || !isOwn || !path.isAbsolute(modCache))
    return undefined;
  if (module.path === undefined || repositoryAt(module.directory, minor) !== repository) return undefined;
  const git = gitDirectoryOf(code, repository);
  if (git === undefined || isHidden(code, repository, git)) return undefined;
  return staleStamp({ repository, directory: module.directory, path: module.path }, git, modCache);
}

/** A directory of a module, and the module's path if its go.mod was read. */
interface StampedDirectory {
  readonly directory: string;
  readonly path: string | undefined;
}

/**
 * Findings about the stamp of programs. `unjudged` says why they are unknown: because it is unknown whether
 * there is a main package, or because of too many tags.
 */
export interface Stamping {
  /** Makes go build and go install fail with "error obtaining VCS status". */
  readonly problem?: StampingProblem;
  readonly stale?: StaleStamp;
  readonly unjudged?: string;
}

/** Examines the repositories of the modules that are built here. */
export async function stampingOf(sources: Sources): Promise<Stamping> {
  const { environment, root, code, settings, gomod, gowork, variables } = sources;
  const value = (name: string) => variables.get(name)?.value ?? '';
  const flag = flagValue(parseGoflags(value('GOFLAGS')).flags, 'buildvcs') ?? 'auto';
  if (root !== '/' || environment.reading.source !== 'self') return {};
  if (!['auto', 'true', '1'].includes(flag) || value('GO111MODULE') === 'off') return {};
  if (goMinor(sources.effective?.version ?? '') < 18) return {};
  if (otherWays.some((name) => environment.variables.has(name))) return {};
  const { workspace } = settings;
  // At the top of a go.work workspace that is not itself a module, programs are built from the modules that
  // it uses.
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
            // Go ignores retracted tags, but retractions come from the newest release, which this go.mod need
            // not be.
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
