/** Modules that a build cannot get: neither the module cache has them, nor a place that GOPROXY leads to, nor the folder that they are replaced by. */
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

/** Modules that a build could not get, if it needed them. */
export interface Unreachable {
  /** They are nowhere. */
  readonly absent: readonly Selected[];
  /** Their folder is gone. */
  readonly gone: readonly Selected[];
  /** They have to come out of a zip that is no whole one. */
  readonly broken: readonly Selected[];
  /** They have to be unpacked, and the module cache bars that. */
  readonly stuck: readonly Selected[];
  readonly bar?: CacheBar;
  /** They are needed in any case, to load the graph. */
  readonly graph: readonly UnavailableModule[];
}

/** Finds them among those modules that can provide packages. `cache` is the real directory of the module cache. */
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
  // What is unpacked is read; only what is not yet has to come out of its zip, or over the network.
  const packed = versioned.filter(
    ({ built }) =>
      !(cache !== undefined && isUnpacked(cache, built)) && !absent.some((one) => one.built === built),
  );
  const bar = packed.length === 0 ? undefined : barredCache(sources, project);
  // By their names too, so that their coming is announced.
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

/** What is told of those that a build needs, with the package of the main module that needs each. */
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
      ? 'it is unpacked in the module cache, but neither its zip nor a hash of it is there'
      : 'it is not in the module cache';
  const ofZip = neededOf(broken).map((one) => ({
    ...fact(
      one,
      `its zip in the module cache is no whole one, and go fetches it no more ("zip: not a valid zip file")`,
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
    ...neededOf(absent).map((one) => fact(one, `${whyAbsent(one)}, and GOPROXY leads nowhere`)),
    // A cache in which nothing can be unpacked is to be mended before a zip in it.
    ...(bar === undefined ? ofZip : barred(bar)),
    ...neededOf(gone)
      .filter((one) => !graph.some(({ path: module }) => module === one.path))
      .map(({ path: module, version, directory = '' }) =>
        goneFolder(project, { path: module, version }, directory, needed.get(module) ?? ''),
      ),
  ];
}

/** Whether any of these places may hold a module: a proxy over the network may, a directory is looked into. */
function canBeDownloaded(sources: Sources, { path: module, version = '' }: BuiltModule): boolean {
  const value = (name: string) => sources.variables.get(name)?.value ?? '';
  // Without a module cache there is no place to which go would download (SetCacheDir in cmd/go/internal/modfetch).
  if (sources.variables.has('GOMODCACHE') && !value('GOMODCACHE').startsWith('/')) return false;
  const direct = value('GONOPROXY') || value('GOPRIVATE');
  if (direct !== '' && direct !== 'none' && matchesPatterns(direct, module)) return true;
  // Compiled into a go whose sources are not there: every release had a proxy of the network.
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

/** go.mod files without which go cannot load the graph; a pruned graph is not loaded by a build. */
function unavailableGraph(
  sources: Sources,
  project: ModuleProject,
  graph: ProjectGraph,
): readonly UnavailableModule[] {
  const whole = project.work !== undefined || !prunes(project.mains[0]?.mod.content.go?.version);
  if (!whole) return [];
  const own = new Set(project.mains.map(({ mod }) => mod.content.module?.path));
  return graph.missing.flatMap((module): readonly UnavailableModule[] => {
    // Only listing asks for a published version of a module that go.work builds from its folder; such a version may never have been published.
    if (own.has(module.path)) return [];
    const replacement = graph.replacement(module);
    const built = builtOf(module, replacement);
    if (built.version === undefined) {
      const { base = '', path: target = '' } = replacement ?? {};
      return [goneFolder(project, module, path.resolve(base, target), '')];
    }
    if (canBeDownloaded(sources, built)) return [];
    const why = 'its go.mod is not in the module cache, and GOPROXY leads nowhere';
    return [{ path: built.path, version: built.version, neededBy: '', why }];
  });
}

/** Whether a module is to be built from a folder without a go.mod: go refuses it (cmd/go/internal/modload/modfile.go, rawGoModSummary). */
function folderGone(project: ModuleProject, directory: string | undefined): boolean {
  return directory !== undefined && project.replaced.get(directory)?.digest === '';
}

/** What is told of a module whose folder is gone. */
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
