/** What a build list lacks or contradicts: sums against the module cache, and modules that cannot be had. */

import path from 'node:path';
import type { NewerModule, SumProblem, UnavailableModule } from '../../drift/facets/modules.ts';
import { goMinor, knowsToolchains } from '../../go/defaults.ts';
import { isH1 } from '../../go/dirhash.ts';
import { flagValue, parseGoflags } from '../../go/goflags.ts';
import { contradiction, type GoSums, sumKey } from '../../go/gosum.ts';
import type { BuildTarget } from '../../go/imports.ts';
import { type ModuleVersion, prunes } from '../../go/module-graph.ts';
import { downloadPath, extractedPath, matchesPatterns } from '../../go/module-path.ts';
import { trimSpace } from '../../go/space.ts';
import { isWritableDirectory, realPathOf, stampOf } from '../../host/files.ts';
import { entryAt } from '../../host/tree.ts';
import type { Sources } from '../environment/sources.ts';
import { barredCache, isBrokenZip } from './cache-access.ts';
import { noteCachedModule } from './cached-files.ts';
import { type BuiltModule, builtOf, type ProjectGraph } from './graph-files.ts';
import { importedModules, type PackageSource } from './needs.ts';
import { newerFacts, newerModules } from './newer.ts';
import type { ModuleProject } from './project.ts';
import { rememberedReader } from './remembered.ts';
import type { Selected } from './selection.ts';
import { type Settled, untidiness } from './untidy.ts';

/** Every go.sum in force, go.work.sum last, as go reads them. */
function sumTables(project: ModuleProject): readonly GoSums[] {
  return project.sums.map((file) => file.content.sums);
}

const recordedHash = rememberedReader((bytes) => trimSpace(bytes.toString('utf8')), 4096);

/** Sums that contradict what the module cache recorded: go ends with "checksum mismatch" and SECURITY ERROR. */
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
  const cache = realPathOf({ root: project.root, path: project.modCache || '/nonexistent' });
  for (const { built } of cache === undefined ? [] : list) {
    if (built.version === undefined) continue;
    const hash =
      recordedHash(path.join(cache as string, downloadPath(built.path, built.version, 'ziphash'))) ?? '';
    // What is no hash, go makes anew from the zip.
    if (isH1(hash)) compare(built, '', hash);
  }
  return problems;
}

/** Whether any of these places may hold a module: a proxy over the network may, a directory is looked into. */
function canBeDownloaded(sources: Sources, { path: module, version = '' }: BuiltModule): boolean {
  const value = (name: string) => sources.variables.get(name)?.value ?? '';
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

/** What a build here is made for. */
export function buildTarget(sources: Sources): BuildTarget {
  const value = (name: string) => sources.variables.get(name)?.value ?? '';
  const tags = flagValue(parseGoflags(value('GOFLAGS')).flags, 'tags') ?? '';
  // cmd/go/internal/cfg: a tag for each experiment. Those that a release has on by itself are left out.
  const experiments = value('GOEXPERIMENT').split(',').filter(Boolean);
  return {
    os: value('GOOS'),
    arch: value('GOARCH'),
    cgo: value('CGO_ENABLED') === '1',
    goMinor: goMinor(sources.selection?.effective ?? ''),
    tags: new Set([
      ...tags.split(/[,\s]+/).filter(Boolean),
      ...experiments.map((one) => `goexperiment.${one}`),
    ]),
  };
}

/** What a build lacks. */
export interface Lacking extends Settled {
  readonly sums: readonly SumProblem[];
  readonly unavailable: readonly UnavailableModule[];
  readonly newer: readonly NewerModule[];
  /** Imports of the source would change the answer: some of them nothing announces. */
  readonly byImports: boolean;
  /** Whether all of it was found out; false where a limit ended the search for what a build imports. */
  readonly complete: boolean;
}

/** Sums that go will miss, and modules that it can get nowhere; only of modules that a build needs. */
export async function lackingModules(
  sources: Sources,
  project: ModuleProject,
  graph: ProjectGraph,
  list: readonly Selected[],
): Promise<Lacking> {
  const tables = sumTables(project);
  const has = ({ path: module, version = '' }: BuiltModule, suffix: '' | '/go.mod' = '') =>
    tables.some((sums) => sums.has(sumKey(module, version, suffix)));
  const cache = realPathOf({ root: project.root, path: project.modCache || '/nonexistent' });
  const extracted = extractedIn(cache);
  for (const { built } of cache === undefined ? [] : list)
    if (built.version !== undefined) noteCachedModule(cache as string, built.path, built.version);
  /** Where a module lies in the module cache, relative to it: go takes a tree with its hash and without the mark of its unpacking, else the zip. */
  const placeOf = (built: BuiltModule): string | undefined => {
    const { path: module, version = '' } = built;
    if (cache === undefined) return undefined;
    const there = (one: string) => entryAt(path.join(cache, one)) !== undefined;
    const zip = downloadPath(module, version, 'zip');
    if (there(zip)) return zip;
    const tree = extractedPath(module, version);
    const whole = there(tree) && !there(downloadPath(module, version, 'partial'));
    const hash = whole && recordedHash(path.join(cache, downloadPath(module, version, 'ziphash')));
    return typeof hash === 'string' && isH1(hash) ? tree : undefined;
  };
  const unpacked = (built: BuiltModule) => {
    const tree = extracted(built);
    return tree !== undefined && entryAt(tree) !== undefined;
  };
  const relevant = providers(project);
  const versioned = list.filter(
    (one) => one.built.version !== undefined && (relevant === undefined || relevant.has(one.path)),
  );
  // -mod=mod adds what is missing.
  const unsummed =
    project.modFlag === 'mod' ? [] : versioned.filter(({ built }) => !has(built) || !has(built, '/go.mod'));
  const absent = versioned.filter(
    ({ built }) => !canBeDownloaded(sources, built) && placeOf(built) === undefined,
  );
  const gone = list.filter(
    (one) => folderGone(project, one.directory) && (relevant === undefined || relevant.has(one.path)),
  );
  const graphGaps = unavailableGraph(sources, project, graph);
  const newer = newerModules(project, graph, list);
  // What is unpacked is read; only what is not yet has to come out of its zip, or over the network.
  const packed = versioned.filter(
    ({ built }) => !unpacked(built) && !absent.some((one) => one.built === built),
  );
  const zipOf = ({ path: module, version = '' }: BuiltModule) => downloadPath(module, version, 'zip');
  const broken = packed.filter(
    ({ built }) => cache !== undefined && isBrokenZip(path.join(cache, zipOf(built))),
  );
  const bar = packed.length === 0 ? undefined : barredCache(sources, project);
  const stuck = bar === undefined ? [] : packed;
  // By their names too, so that their coming is announced.
  for (const { built } of [...absent, ...packed])
    stampOf({ root: project.root, path: path.join(project.modCache, zipOf(built)) });
  const packages = packagesOf(project, list);
  const untidy = untidiness(project, graph, packages, buildTarget(sources));
  const questioned = new Set([
    ...[...unsummed, ...absent, ...gone, ...newer, ...broken, ...stuck].map((one) => one.path),
    ...untidy.questioned,
  ]);
  const byImports = questioned.size > 0;
  const imported = byImports
    ? await importedModules(packages, questioned, buildTarget(sources))
    : { modules: new Map<string, string>(), complete: true };
  const needed = imported.modules;
  // In a workspace -mod=readonly does not hold for go.work.sum (cmd/go/internal/modload, WriteGoMod): go writes it, where it can.
  const { work } = project;
  const unrecorded = work !== undefined && isWritableDirectory({ root: project.root, path: work.directory });
  const missing = (one: Selected): SumProblem => ({
    module: `${one.built.path}@${one.built.version}`,
    kind: unrecorded ? 'unrecorded' : has(one.built) ? 'missing-go-mod' : 'missing',
    origin: unrecorded
      ? { path: `${work.directory}/go.work.sum`, line: 0 }
      : { path: project.sums.at(-1)?.path ?? '', line: 0 },
  });
  return {
    sums: unsummed.filter((one) => needed.has(one.path)).map(missing),
    unavailable: [
      ...graphGaps,
      ...absent
        .filter((one) => needed.has(one.path))
        .map(({ path: module, built }) => ({
          path: built.path,
          version: built.version ?? '',
          neededBy: needed.get(module) ?? '',
          why: `${unpacked(built) ? 'it is unpacked in the module cache, but neither its zip nor a hash of it is there' : 'it is not in the module cache'}, and GOPROXY leads nowhere`,
        })),
      ...(bar === undefined
        ? broken.map((one) => ({
            one,
            why: `its zip in the module cache is no whole one, and go fetches it no more ("zip: not a valid zip file")`,
            brokenZip: path.join(project.modCache, zipOf(one.built)),
          }))
        : stuck.map((one) => ({
            one,
            why: `it is not unpacked in the module cache, and ${bar.why}`,
            barred: bar,
          }))
      )
        .filter(({ one }) => needed.has(one.path))
        .map(({ one: { path: module, built }, ...rest }) => ({
          path: built.path,
          version: built.version ?? '',
          neededBy: needed.get(module) ?? '',
          ...rest,
        })),
      ...gone
        .filter((one) => needed.has(one.path) && !graphGaps.some(({ path: module }) => module === one.path))
        .map(({ path: module, version, directory = '' }) =>
          goneFolder(project, { path: module, version }, directory, needed.get(module) ?? ''),
        ),
    ],
    newer: newerFacts(
      project,
      graph,
      newer.filter((one) => needed.has(one.path)),
      needed,
    ),
    ...untidy.settle(imported),
    byImports,
    complete: imported.complete,
  };
}

/**
 * The modules that can provide packages to a build: since go 1.17 a go.mod names them all. Undefined when an older one does not.
 */
function providers(project: ModuleProject): ReadonlySet<string> | undefined {
  if (!project.mains.every(({ mod }) => prunes(mod.content.go?.version))) return undefined;
  return new Set(project.mains.flatMap(({ mod }) => mod.content.require.map((one) => one.path)));
}

/** Where a module lies unpacked in a module cache. */
const extractedIn = (cache: string | undefined) => (built: BuiltModule) =>
  cache === undefined ? undefined : path.join(cache, extractedPath(built.path, built.version ?? ''));

/** Every module of a list with its directory, the main modules first. */
export function packagesOf(project: ModuleProject, list: readonly Selected[]): readonly PackageSource[] {
  const cache = realPathOf({ root: project.root, path: project.modCache || '/nonexistent' });
  const extracted = extractedIn(cache);
  const real = (directory: string) => realPathOf({ root: project.root, path: directory });
  return [
    ...project.mains.map(({ directory, mod }) => ({
      path: mod.content.module?.path ?? '',
      directory: real(directory),
      main: true,
      ignored: mod.content.ignore.map((one) => one.path),
    })),
    ...list.map(({ path: module, built, directory }) => ({
      path: module,
      directory: directory === undefined ? extracted(built) : real(directory),
      main: false,
      edited: directory !== undefined,
    })),
  ];
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
