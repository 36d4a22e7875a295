/**
 * Determines whether builds depend on -mod in GOFLAGS: what `go` would report without it, by the same checks
 * as for any build. A repair that removes the flag would break such builds.
 */
import type { BuildTarget } from '../../../go/imports.ts';
import type { Sources } from '../../environment/sources.ts';
import type { ProjectGraph } from './graph-files.ts';
import { buildTarget, missingModules, packagesOf } from './missing-modules.ts';
import type { ModuleProject } from './project.ts';
import type { Selected } from './selection.ts';
import { standardLibrary, unprovidedImports } from './unprovided.ts';

/**
 * Returns the project as it would be built without -mod in GOFLAGS; undefined if that changes nothing:
 * without the flag, or in a workspace, where `go` refuses it.
 */
export function withoutModFlag(project: ModuleProject): ModuleProject | undefined {
  const { modFlag, vendor, work } = project;
  const same =
    modFlag === 'readonly' ? !vendor.byDefault : modFlag === 'vendor' ? vendor.byDefault : modFlag !== 'mod';
  if (same || work !== undefined) return undefined;
  const { modFlag: _, ...rest } = project;
  return { ...rest, modFlag: undefined, vendor: { ...vendor, used: vendor.byDefault } };
}

/**
 * Returns what would stop a build without the flag that does not use vendor/, in words; undefined if nothing
 * would. `plain` is the result of {@link withoutModFlag}.
 */
export async function stopsUnflagged(
  sources: Sources,
  plain: ModuleProject,
  graph: ProjectGraph,
  list: readonly Selected[],
): Promise<string | undefined> {
  if (graph.missing.length > 0)
    return 'builds may fail: it is unknown whether go.mod is tidy, as go.mod files are missing in the module cache';
  const lacking = await missingModules(sources, plain, graph, list);
  const raised = plain.mains
    .flatMap(({ mod }) => mod.content.require)
    .find((one) => graph.selected.get(one.path) !== one.version && lacking.stops(one.path));
  const [lost] = lacking.lost.keys();
  const [sum] = lacking.sums;
  const module = raised?.path ?? lost;
  if (module !== undefined)
    return `builds fail: go.mod is not tidy: go says "updates to go.mod needed" for ${module}`;
  if (sum !== undefined) return `builds fail: go.sum lacks ${sum.module}`;
  const target: BuildTarget = buildTarget(sources);
  const packages = packagesOf(sources.code, plain, list);
  const unprovided = await unprovidedImports(packages, target, standardLibrary(sources));
  const [imported] = unprovided.imports;
  if (imported !== undefined)
    return `builds fail: go.mod requires no module that provides ${imported.package}`;
  return unprovided.complete && lacking.complete
    ? undefined
    : 'builds may fail: it is unknown whether go.mod is tidy, as the workspace is too large to search';
}
