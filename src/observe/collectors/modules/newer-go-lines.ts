/**
 * Finds modules whose go line matters besides that of the main module. Measured with go1.21.13 to go1.26.0:
 * it matters for a module that a build imports, and for every module in a vendored build. If the line exceeds
 * the version of the `go` that builds, the build is refused. If it exceeds only the line in go.mod, `go` asks
 * for updates to go.mod, unless it may write them (-mod=mod), is in a workspace or vendors.
 */
import path from 'node:path';
import type { ModuleFloor, NewerModule } from '../../../drift/facets/modules.ts';
import { sumKey } from '../../../go/gosum.ts';
import { compareGoVersions } from '../../../go/version.ts';
import type { ProjectGraph } from './graph-files.ts';
import type { ModuleProject } from './project.ts';
import type { Selected } from './selection.ts';

/** The version that a go.mod without a go line implies (modload.MainModules.GoVersion). */
const withoutGoLine = '1.16';

/**
 * Returns the go line that must be at least as new as those of other modules; undefined if `go` does not
 * require that.
 */
function keepingUp({ work, mains, modFlag }: ModuleProject): string | undefined {
  if (work !== undefined || modFlag === 'mod') return undefined;
  return mains[0]?.mod.content.go?.version ?? withoutGoLine;
}

/** Reports whether this `go` considers the go lines of other modules: since 1.21. */
const considersGoLines = ({ goVersion }: ModuleProject) =>
  goVersion !== '' && compareGoVersions(goVersion, '1.21') >= 0;

const goLineOf = (graph: ProjectGraph, one: Selected) =>
  graph.goLines.get(sumKey(one.path, one.version)) ?? '';

/** Returns the modules of the list that stop a build which imports them. */
export function newerModules(
  project: ModuleProject,
  graph: ProjectGraph,
  list: readonly Selected[],
): readonly Selected[] {
  if (!considersGoLines(project)) return [];
  const floor = keepingUp(project) ?? project.goVersion;
  return list.filter((one) => {
    const go = goLineOf(graph, one);
    return compareGoVersions(go, floor) > 0 || compareGoVersions(go, project.goVersion) > 0;
  });
}

/** Returns the facts about such modules; `needed` names a package that imports each. */
export function newerFacts(
  project: ModuleProject,
  graph: ProjectGraph,
  modules: readonly Selected[],
  needed: ReadonlyMap<string, string>,
): readonly NewerModule[] {
  const [main] = project.mains;
  const base = project.work?.directory ?? main?.directory ?? '/';
  const file = project.work ?? main?.mod;
  return modules.map((one) => ({
    name:
      one.built.version === undefined
        ? `module ./${path.relative(base, one.directory ?? base)}`
        : `${one.path}@${one.version}`,
    go: goLineOf(graph, one),
    neededBy: needed.get(one.path) ?? '',
    mainGo: keepingUp(project) ?? '',
    origin: { path: file?.path ?? '', line: file?.content.go?.line ?? 0 },
  }));
}

/** Returns the modules in vendor/modules.txt that require a newer Go than this one. */
export function vendoredNewer(project: ModuleProject): readonly NewerModule[] {
  if (!considersGoLines(project)) return [];
  const { path: file, content } = project.vendor.modules;
  return [...content.modules.values()]
    .filter(({ goVersion }) => compareGoVersions(goVersion ?? '', project.goVersion) > 0)
    .map((one) => ({
      name: `${one.path} in vendor/modules.txt`,
      go: one.goVersion ?? '',
      neededBy: '',
      mainGo: '',
      origin: { path: file, line: 0 },
    }));
}

/**
 * Returns the newest of several go lines as a floor, in a list of at most one element; empty before Go 1.21.
 */
function newestFloor(project: ModuleProject, floors: readonly ModuleFloor[]): readonly ModuleFloor[] {
  const [first] = [...floors].sort((a, b) => compareGoVersions(b.go, a.go));
  return first === undefined || !considersGoLines(project) ? [] : [first];
}

/** Returns the floor of a vendored build, from all modules in vendor/modules.txt, whether imported or not. */
export function vendoredFloors(project: ModuleProject): readonly ModuleFloor[] {
  const modules = [...project.vendor.modules.content.modules.values()];
  return newestFloor(
    project,
    modules.flatMap(({ path: module, goVersion: go = '' }) => (go === '' ? [] : [{ name: module, go }])),
  );
}

/**
 * Returns the floor of a build in which no go line must keep up with those of the list; whether it imports
 * the modules is not checked.
 */
export function listedFloors(
  project: ModuleProject,
  graph: ProjectGraph,
  list: readonly Selected[],
): readonly ModuleFloor[] {
  if (keepingUp(project) !== undefined) return [];
  const lines = list.map((one) => ({ name: `${one.path}@${one.version}`, go: goLineOf(graph, one) }));
  // A line newer than the `go` that builds is reported as a problem instead, if the module is imported.
  return newestFloor(
    project,
    lines.filter(({ go }) => go !== '' && compareGoVersions(go, project.goVersion) <= 0),
  );
}

/**
 * Returns the floor from the file of -modfile: `go` reads it instead of go.mod, but does not choose a
 * toolchain by it.
 */
export function modfileFloors({ modfile, mains }: ModuleProject): readonly ModuleFloor[] {
  const go = mains[0]?.mod.content.go;
  if (modfile === undefined || go === undefined) return [];
  return [{ name: `${modfile}:${go.line}`, go: go.version }];
}
