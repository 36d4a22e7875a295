/**
 * Finds modules that a build cannot get: they are neither in the module cache, nor at a location in GOPROXY,
 * nor in the directory that replaces them.
 */
import path from 'node:path';
import type { CacheBar, UnavailableModule } from '../../../drift/facets/modules.ts';
import { knowsToolchains } from '../../../go/defaults.ts';
import { type ModuleVersion, prunes } from '../../../go/module-graph.ts';
import { downloadPath, matchesPatterns } from '../../../go/module-path.ts';
import { stampOf } from '../../../host/files.ts';
import type { Sources } from '../../environment/sources.ts';
import { barredCache } from './cache-access.ts';
import { hasBrokenZip, isCached, isUnpacked, zipOf } from './cached-module.ts';
import { type BuiltModule, builtOf, type ProjectGraph } from './graph-files.ts';
import type { ModuleProject } from './project.ts';
import type { Selected } from './selection.ts';

/** Modules that a build could not get if it needed them. */
export interface Unreachable {
  /** Available nowhere. */
  readonly absent: readonly Selected[];
  /** Their directory is gone. */
  readonly gone: readonly Selected[];
  /** They must be extracted from an incomplete zip. */
  readonly broken: readonly Selected[];
  /** They must be extracted, which the module cache does not permit. */
  readonly stuck: readonly Selected[];
  readonly bar?: CacheBar;
  /** Needed in any case, to load the graph. */
  readonly graph: readonly UnavailableModule[];
}

/**
 * Finds unreachable modules among those that can provide packages. `cache` is the real directory of the
 * module cache.
 */
export function unreachableModules(
  sources: Sources,
  project: ModuleProject,
  graph: ProjectGraph,
  { cache, modules }: { readonly cache: string | undefined; readonly modules: readonly Selected[] },
): Unreachable {
  const versioned = modules.filter((one) => one.built.version !== undefined);
  const absent = versioned.filter(
    ({ built }) => !canBeDownloaded(sources, built) && !(cache !== undefined && isCached(cache, built)),
  );
  // Extracted modules are read in place; all others must be extracted from a zip or downloaded.
  const packed = versioned.filter(
    ({ built }) =>
      !(cache !== undefined && isUnpacked(cache, built)) && !absent.some((one) => one.built === built),
  );
  const bar = packed.length === 0 ? undefined : barredCache(sources, project);
  // Also by their paths in the cache, so that their creation is announced.
  for (const { built } of [...absent, ...packed])
    stampOf({ root: project.root, path: path.join(project.modCache, zipOf(built)) });
  return {
    absent,
    gone: modules.filter((one) => folderGone(project, one.directory)),
    broken: cache === undefined ? [] : packed.filter(({ built }) => hasBrokenZip(cache, built)),
    stuck: bar === undefined ? [] : packed,
    ...(bar === undefined ? {} : { bar }),
    graph: unavailableGraph(sources, project, graph),
  };
}

/**
 * Returns the unavailable modules that a build needs, each with a package of the main module that needs it.
 */
export function unavailableModules(
  project: ModuleProject,
  { absent, gone, broken, stuck, bar, graph }: Unreachable,
  cache: string | undefined,
  needed: ReadonlyMap<string, string>,
): readonly UnavailableModule[] {
  const neededOf = (modules: readonly Selected[]) => modules.filter((one) => needed.has(one.path));
  const fact = ({ path: module, built }: Selected, why: string) => ({
    path: built.path,
    version: built.version ?? '',
    neededBy: needed.get(module) ?? '',
    why,
  });
  const whyAbsent = ({ built }: Selected) =>
    cache !== undefined && isUnpacked(cache, built)
      ? 'it is unpacked in the module cache, but without its zip or a recorded hash'
      : 'it is not in the module cache';
  const ofZip = neededOf(broken).map((one) => ({
    ...fact(
      one,
      `its zip in the module cache is incomplete, and go does not download it again ("zip: not a valid zip file")`,
    ),
    brokenZip: path.join(project.modCache, zipOf(one.built)),
  }));
  const barred = (by: CacheBar) =>
    neededOf(stuck).map((one) => ({
      ...fact(one, `it is not unpacked in the module cache, and ${by.why}`),
      barred: by,
    }));
  return [
    ...graph,
    ...neededOf(absent).map((one) => fact(one, `${whyAbsent(one)}, and no location in GOPROXY provides it`)),
    // A module cache that does not permit extraction must be repaired before a zip in it.
    ...(bar === undefined ? ofZip : barred(bar)),
    ...neededOf(gone)
      .filter((one) => !graph.some(({ path: module }) => module === one.path))
      .map(({ path: module, version, directory = '' }) =>
        goneFolder(project, { path: module, version }, directory, needed.get(module) ?? ''),
      ),
  ];
}

/** Reports whether any proxy may provide a module: a network proxy may, a directory is examined. */
function canBeDownloaded(sources: Sources, { path: module, version = '' }: BuiltModule): boolean {
  const value = (name: string) => sources.variables.get(name)?.value ?? '';
  // Without a module cache `go` has no directory for downloads (SetCacheDir in cmd/go/internal/modfetch).
  if (sources.variables.has('GOMODCACHE') && !value('GOMODCACHE').startsWith('/')) return false;
  const direct = value('GONOPROXY') || value('GOPRIVATE');
  if (direct !== '' && direct !== 'none' && matchesPatterns(direct, module)) return true;
  // The default is compiled into a `go` whose sources are missing; every release had a network proxy.
  if (value('GOPROXY') === '' && !knowsToolchains(sources.effective?.version ?? '')) return true;
  for (const proxy of value('GOPROXY')
    .split(/[,|]/)
    .map((one) => one.trim())) {
    if (proxy === '') continue;
    if (proxy === 'off') return false;
    if (!proxy.startsWith('file://')) return true;
    const relative = downloadPath(module, version, 'zip').replace('cache/download/', '');
    const file = path.join(decodeURIComponent(proxy.slice('file://'.length)), relative);
    if (stampOf({ root: sources.root, path: file }) !== undefined) return true;
  }
  return false;
}

/**
 * Returns the go.mod files without which `go` cannot load the graph; a build does not load a pruned graph.
 */
function unavailableGraph(
  sources: Sources,
  project: ModuleProject,
  graph: ProjectGraph,
): readonly UnavailableModule[] {
  const whole = project.work !== undefined || !prunes(project.mains[0]?.mod.content.go?.version);
  if (!whole) return [];
  const own = new Set(project.mains.map(({ mod }) => mod.content.module?.path));
  return graph.missing.flatMap((module): readonly UnavailableModule[] => {
    // Only listing requires the published version of a module that go.work builds from its directory, and
    // there may never have been one.
    if (own.has(module.path)) return [];
    const replacement = graph.replacement(module);
    const built = builtOf(module, replacement);
    if (built.version === undefined) {
      const { base = '', path: target = '' } = replacement ?? {};
      return [goneFolder(project, module, path.resolve(base, target), '')];
    }
    if (canBeDownloaded(sources, built)) return [];
    const why = 'its go.mod is not in the module cache, and no location in GOPROXY provides it';
    return [{ path: built.path, version: built.version, neededBy: '', why }];
  });
}

/**
 * Reports whether a module is to be built from a directory without a go.mod, which `go` refuses
 * (cmd/go/internal/modload/modfile.go, rawGoModSummary).
 */
function folderGone(project: ModuleProject, directory: string | undefined): boolean {
  return directory !== undefined && project.replaced.get(directory)?.digest === '';
}

/** Returns the finding for a module whose directory is gone. */
function goneFolder(
  project: ModuleProject,
  { path: module, version }: ModuleVersion,
  directory: string,
  neededBy: string,
): UnavailableModule {
  const files = [
    ...(project.work === undefined ? [] : [{ file: project.work, directory: project.work.directory }]),
    ...project.mains.map(({ mod, directory: at }) => ({ file: mod, directory: at })),
  ];
  const lines = files.flatMap(({ file, directory: base }) =>
    file.content.replace
      .filter((one) => one.path === module && path.resolve(base, one.newPath) === directory)
      .map((one) => ({ origin: { path: file.path, line: one.line }, target: one.newPath })),
  );
  const [line] = lines;
  return {
    path: module,
    version,
    neededBy,
    why: `it is replaced by ${line?.target ?? directory}, where there is no go.mod`,
    ...(line === undefined ? {} : { replacedAt: line.origin }),
  };
}
