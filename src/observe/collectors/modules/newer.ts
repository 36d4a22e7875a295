/**
 * Modules whose go line counts beside that of the main module. Measured with go1.21.13 to go1.26.0: of a module that a build imports from, and
 * in a vendored build of every one. Above the go that builds it is refused; above go.mod alone, go asks for updates to go.mod, unless it
 * may write them (-mod=mod), is in a workspace or vendors.
 */
import path from 'node:path';
import type { ModuleFloor, NewerModule } from '../../../drift/facets/modules.ts';
import { sumKey } from '../../../go/gosum.ts';
import { compareGoVersions } from '../../../go/version.ts';
import type { ProjectGraph } from './graph-files.ts';
import type { ModuleProject } from './project.ts';
import type { Selected } from './selection.ts';

/** The least that a go.mod without a go line means (modload.MainModules.GoVersion). */
const withoutGoLine = '1.16';

/** The go line that has to keep up with those of others; undefined where go does not ask for it. */
function keepingUp({ work, mains, modFlag }: ModuleProject): string | undefined {
  if (work !== undefined || modFlag === 'mod') return undefined;
  return mains[0]?.mod.content.go?.version ?? withoutGoLine;
}

/** Whether this go looks at the go lines of others at all: since 1.21. */
const looks = ({ goVersion }: ModuleProject) => goVersion !== '' && compareGoVersions(goVersion, '1.21') >= 0;

const goLineOf = (graph: ProjectGraph, one: Selected) =>
  graph.goLines.get(sumKey(one.path, one.version)) ?? '';

/** Modules of the list that stop a build which imports from them. */
export function newerModules(
  project: ModuleProject,
  graph: ProjectGraph,
  list: readonly Selected[],
): readonly Selected[] {
  if (!looks(project)) return [];
  const floor = keepingUp(project) ?? project.goVersion;
  return list.filter((one) => {
    const go = goLineOf(graph, one);
    return compareGoVersions(go, floor) > 0 || compareGoVersions(go, project.goVersion) > 0;
  });
}

/** What is told of them; `needed` names a package that imports from each. */
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

/** Modules of vendor/modules.txt that this go is too old for. */
export function vendoredNewer(project: ModuleProject): readonly NewerModule[] {
  if (!looks(project)) return [];
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

/** The newest go line of several as a floor, as a list of at most one; a Go of before 1.21 asks for none. */
function newestFloor(project: ModuleProject, floors: readonly ModuleFloor[]): readonly ModuleFloor[] {
  const [first] = [...floors].sort((a, b) => compareGoVersions(b.go, a.go));
  return first === undefined || !looks(project) ? [] : [first];
}

/** What a vendored build asks of the go: all modules of vendor/modules.txt, imported or not. */
export function vendoredFloors(project: ModuleProject): readonly ModuleFloor[] {
  const modules = [...project.vendor.modules.content.modules.values()];
  return newestFloor(
    project,
    modules.flatMap(({ path: module, goVersion: go = '' }) => (go === '' ? [] : [{ name: module, go }])),
  );
}

/** What a build asks of the go where no go line has to keep up with those of the list; whether it imports from each is not looked at. */
export function listedFloors(
  project: ModuleProject,
  graph: ProjectGraph,
  list: readonly Selected[],
): readonly ModuleFloor[] {
  if (keepingUp(project) !== undefined) return [];
  const lines = list.map((one) => ({ name: `${one.path}@${one.version}`, go: goLineOf(graph, one) }));
  // What is newer than the go that builds is told as what stops it, if it does.
  return newestFloor(
    project,
    lines.filter(({ go }) => go !== '' && compareGoVersions(go, project.goVersion) <= 0),
  );
}

/** What the file of -modfile asks of the go: go reads it in the place of go.mod, and chooses no toolchain by it. */
export function modfileFloors({ modfile, mains }: ModuleProject): readonly ModuleFloor[] {
  const go = mains[0]?.mod.content.go;
  if (modfile === undefined || go === undefined) return [];
  return [{ name: `${modfile}:${go.line}`, go: go.version }];
}
