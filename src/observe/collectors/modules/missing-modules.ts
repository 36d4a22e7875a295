/**
 * Finds what a build list lacks or contradicts: sums that differ from the module cache, and missing parts
 * that a build needs.
 */

import type { NewerModule, SumProblem, UnavailableModule } from '../../../drift/facets/modules.ts';
import { settingTags } from '../../../go/build-tags.ts';
import { goMinor } from '../../../go/defaults.ts';
import { flagValue, parseGoflags } from '../../../go/goflags.ts';
import { contradiction, type GoSums, sumKey } from '../../../go/gosum.ts';
import type { BuildTarget } from '../../../go/imports.ts';
import { prunes } from '../../../go/module-graph.ts';
import { realPathOf } from '../../../host/files.ts';
import { isWritableDirectory } from '../../../host/space.ts';
import { type Code, codeNamedBy } from '../../environment/code.ts';
import type { Sources } from '../../environment/sources.ts';
import { traceCachedModule } from './cached-files.ts';
import { moduleCacheOf, recordedHash, treeOf } from './cached-module.ts';
import type { BuiltModule, ProjectGraph } from './graph-files.ts';
import { importedModules, type PackageSource } from './imported-modules.ts';
import { newerFacts, newerModules } from './newer-go-lines.ts';
import { type ModuleProject, replacedDirectories } from './project.ts';
import type { Selected } from './selection.ts';
import { readerOfCache, readerOfCode } from './source-reader.ts';
import { unavailableModules, unreachableModules } from './unavailable.ts';
import { type Settled, untidiness } from './untidy.ts';

/** Returns the contents of every go.sum in force, go.work.sum last, in the order in which `go` reads them. */
function sumTables(project: ModuleProject): readonly GoSums[] {
  return project.sums.map((file) => file.content.sums);
}

/**
 * Returns the sums that contradict the module cache: `go` fails with "checksum mismatch" and SECURITY ERROR.
 */
export function sumContradictions(
  project: ModuleProject,
  graph: ProjectGraph,
  list: readonly Selected[],
): readonly SumProblem[] {
  const tables = sumTables(project);
  const problems: SumProblem[] = [];
  const compare = (built: BuiltModule, suffix: '' | '/go.mod', actual: string) => {
    const found = contradiction(tables, sumKey(built.path, built.version ?? '', suffix), actual);
    if (found === undefined) return;
    problems.push({
      module: `${built.path}@${built.version}`,
      kind: suffix === '' ? 'mismatch' : 'mismatch-go-mod',
      expected: found.sum,
      actual,
      origin: { path: project.sums[found.file]?.path ?? '', line: found.line },
    });
  };
  for (const [key, actual] of graph.modSums) {
    const [module = '', version = ''] = key.split(' ');
    compare({ path: module, version }, '/go.mod', actual);
  }
  const cache = moduleCacheOf(project);
  for (const { built } of cache === undefined ? [] : list) {
    if (built.version === undefined) continue;
    const hash = recordedHash(cache as string, built);
    if (hash !== undefined) compare(built, '', hash);
  }
  return problems;
}

/** Returns the target of a build here: platform, version and tags. */
export function buildTarget(sources: Sources): BuildTarget {
  const { environment, effective, selection, tree } = sources;
  const value = (name: string) => sources.variables.get(name)?.value ?? '';
  const { flags } = parseGoflags(value('GOFLAGS'));
  const [os, arch, version] = [value('GOOS'), value('GOARCH'), selection?.effective ?? ''];
  const compiler = flagValue(flags, 'compiler');
  return {
    os,
    arch,
    cgo: value('CGO_ENABLED') === '1',
    goMinor: goMinor(version),
    ...(compiler === undefined ? {} : { compiler }),
    tags: settingTags(
      {
        os,
        arch,
        version,
        hostArch: effective?.arch ?? arch,
        flags,
        experiment: value('GOEXPERIMENT'),
        fips: value('GOFIPS140'),
        process: (name) => environment.variables.get(name) ?? '',
      },
      { ...tree.knowledge, ...tree.defaults },
    ),
  };
}

/** What a build lacks. */
export interface MissingModules extends Settled {
  readonly sums: readonly SumProblem[];
  readonly unavailable: readonly UnavailableModule[];
  readonly newer: readonly NewerModule[];
  /**
   * Whether the answer depends on the imports of source files, some of which send no events when they change.
   */
  readonly byImports: boolean;
  /** Whether everything was determined; false if a limit ended the search for imports. */
  readonly complete: boolean;
}

/** Returns the missing sums and the unobtainable modules, limited to modules that a build needs. */
export async function missingModules(
  sources: Sources,
  project: ModuleProject,
  graph: ProjectGraph,
  list: readonly Selected[],
): Promise<MissingModules> {
  const cache = moduleCacheOf(project);
  for (const { built } of cache === undefined ? [] : list)
    if (built.version !== undefined) traceCachedModule(cache as string, built.path, built.version);
  const relevant = providers(project);
  const modules = list.filter((one) => relevant === undefined || relevant.has(one.path));
  const unsummed = unsummedModules(project, modules);
  const unreachable = unreachableModules(sources, project, graph, { cache, modules });
  const { absent, gone, broken, stuck } = unreachable;
  const newer = newerModules(project, graph, list);
  const packages = packagesOf(sources.code, project, list);
  const target = buildTarget(sources);
  const untidy = untidiness(project, graph, packages, target);
  const questioned = new Set([
    ...[...unsummed, ...absent, ...gone, ...newer, ...broken, ...stuck].map((one) => one.path),
    ...untidy.questioned,
  ]);
  const byImports = questioned.size > 0;
  const imported = byImports
    ? await importedModules(packages, questioned, target)
    : { modules: new Map<string, string>(), complete: true };
  const needed = imported.modules;
  const isNeeded = (one: { readonly path: string }) => needed.has(one.path);
  return {
    sums: missingSums(project, unsummed.filter(isNeeded)),
    unavailable: unavailableModules(project, unreachable, cache, needed),
    newer: newerFacts(project, graph, newer.filter(isNeeded), needed),
    ...untidy.settle(imported),
    byImports,
    complete: imported.complete,
  };
}

/** Reports whether some go.sum in force has the sum of a module. */
function hasSum(project: ModuleProject, { path: module, version = '' }: BuiltModule, suffix: '' | '/go.mod') {
  return sumTables(project).some((sums) => sums.has(sumKey(module, version, suffix)));
}

/** Returns the modules without a sum that `go` would need. */
function unsummedModules(project: ModuleProject, modules: readonly Selected[]): readonly Selected[] {
  // With -mod=mod, `go` adds missing sums.
  if (project.modFlag === 'mod') return [];
  return modules.filter(
    ({ built }) =>
      built.version !== undefined && !(hasSum(project, built, '') && hasSum(project, built, '/go.mod')),
  );
}

/** Returns the problems of missing sums. */
function missingSums(project: ModuleProject, unsummed: readonly Selected[]): readonly SumProblem[] {
  // In a workspace, -mod=readonly does not apply to go.work.sum (cmd/go/internal/modload, WriteGoMod): `go`
  // writes it if it can. A read-only mount usually concerns only this process (read-only-workspace.ts).
  const { work } = project;
  const unrecorded =
    work !== undefined && isWritableDirectory({ root: project.root, path: work.directory }, true);
  const file = unrecorded ? `${work.directory}/go.work.sum` : (project.sums.at(-1)?.path ?? '');
  return unsummed.map(({ built }) => ({
    module: `${built.path}@${built.version}`,
    kind: unrecorded ? 'unrecorded' : hasSum(project, built, '') ? 'missing-go-mod' : 'missing',
    origin: { path: file, line: 0 },
  }));
}

/**
 * Returns the modules that can provide packages to a build, which go.mod names completely since Go 1.17;
 * undefined if an older go.mod does not.
 */
function providers(project: ModuleProject): ReadonlySet<string> | undefined {
  if (!project.mains.every(({ mod }) => prunes(mod.content.go?.version))) return undefined;
  return new Set(project.mains.flatMap(({ mod }) => mod.content.require.map((one) => one.path)));
}

/**
 * Returns the main modules of a project with their directories; everybody who may write to go.work counts
 * among their owners.
 */
export function mainPackages(code: Code, { root, mains, work }: ModuleProject): readonly PackageSource[] {
  const named = work === undefined ? code : codeNamedBy(code, [work.path]);
  return mains.map(({ directory, mod }) => {
    const real = realPathOf({ root, path: directory });
    return {
      path: mod.content.module?.path ?? '',
      directory: real,
      reader: readerOfCode(named, real ?? directory),
      main: true,
      ignored: mod.content.ignore.map((one) => one.path),
    };
  });
}

/** Returns every module of a list with its directory, the main modules first. */
export function packagesOf(
  code: Code,
  project: ModuleProject,
  list: readonly Selected[],
): readonly PackageSource[] {
  const { root, mains, work } = project;
  const cache = moduleCacheOf(project);
  const ofCache = readerOfCache(cache ?? '/nonexistent');
  const replaced = replacedDirectories(mains, work);
  const codes = new Map<string, Code>();
  const codeBy = (files: readonly string[]) => {
    const key = files.join('\0');
    const known = codes.get(key) ?? codeNamedBy(code, files);
    codes.set(key, known);
    return known;
  };
  return [
    ...mainPackages(code, project),
    ...list.map(({ path: module, built, directory }) => {
      if (directory === undefined) {
        const tree = cache && treeOf(cache, built);
        return { path: module, directory: tree, reader: ofCache, main: false, edited: false };
      }
      const real = realPathOf({ root, path: directory });
      const by = codeBy([...(work === undefined ? [] : [work.path]), ...(replaced.get(directory) ?? [])]);
      const reader = readerOfCode(by, real ?? directory);
      return { path: module, directory: real, reader, main: false, edited: true };
    }),
  ];
}
