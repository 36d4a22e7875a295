/**
 * Determines what a build uses for each module, and where that differs from the requirements of a main
 * module.
 */
import path from 'node:path';
import { overrideLevel, type RequirementOverride } from '../../../drift/facets/modules.ts';
import { sumKey } from '../../../go/gosum.ts';
import { isWithin } from '../../../host/checked-program.ts';
import { type BuiltModule, builtOf, type ProjectGraph } from './graph-files.ts';
import type { MainProject, ModuleProject } from './project.ts';

/** A module of the build list and what is built for it. */
export interface Selected {
  readonly path: string;
  readonly version: string;
  readonly built: BuiltModule;
  /** Absolute path, if the module is replaced by a directory. */
  readonly directory?: string;
}

/** Returns the build list of a graph, sorted by path and without main modules. */
export function selectedModules(graph: ProjectGraph): readonly Selected[] {
  return [...graph.selected]
    .filter(([, version]) => version !== '' && version !== 'none')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([module, version]) => {
      const replacement = graph.replacement({ path: module, version });
      const built = builtOf({ path: module, version }, replacement);
      return {
        path: module,
        version,
        built,
        ...(replacement === undefined || built.version !== undefined
          ? {}
          : { directory: path.resolve(replacement.base, replacement.path) }),
      };
    });
}

/**
 * Reports whether a version is a placeholder that was never published: go.mod contains one where a replace
 * line or go.work decides (modfile writes the zero time).
 */
function isPlaceholder(version: string): boolean {
  return version === 'v0.0.0' || /^v\d+\.0\.0-00010101000000-000000000000$/.test(version);
}

/**
 * Returns the main modules whose requirements are the workspace's own: its module if go.work uses it,
 * otherwise all.
 */
function ownMains(project: ModuleProject, workspace: string): readonly MainProject[] {
  const own = project.mains.filter(
    ({ directory }) => workspace === directory || workspace.startsWith(`${directory}/`),
  );
  return own.length === 0 ? project.mains : own;
}

/**
 * Returns the requirements that the build does not follow. A module used from, or replaced by, a directory of
 * the same repository does not count: the commit that requires it contains it as well, and both lines have
 * the same author. `repository` is undefined without one; `stops` reports whether `go` refuses to build
 * because the requirement of a module is too low.
 */
export function overriddenRequirements(
  project: ModuleProject,
  graph: ProjectGraph,
  workspace: string,
  repository: string | undefined,
  stops: (module: string) => boolean,
): readonly RequirementOverride[] {
  return ownMains(project, workspace).flatMap(({ mod, directory: own }) => {
    const together = repository ?? project.work?.directory ?? own;
    const committedWithIt = (directory: string) => isWithin(directory, together);
    const excluded = new Set(mod.content.exclude.map((one) => sumKey(one.path, one.version)));
    return mod.content.require.flatMap(
      ({ path: module, version: declared, line }): readonly RequirementOverride[] => {
        const origin = { path: mod.path, line };
        const selected = graph.selected.get(module);
        if (selected === '') {
          const main = project.mains.find((one) => one.mod.content.module?.path === module);
          if (main !== undefined && committedWithIt(main.directory)) return [];
          return [
            {
              path: module,
              declared,
              replacement: { path: main?.use?.path ?? main?.directory ?? '' },
              cause: 'workspace',
              level: 'patch',
              origin,
            },
          ];
        }
        const replaced =
          selected === undefined ? undefined : graph.replacement({ path: module, version: selected });
        if (replaced === undefined && (selected === declared || isPlaceholder(declared))) return [];
        const replacement =
          replaced === undefined
            ? undefined
            : {
                path: replaced.path,
                ...(replaced.version === undefined ? {} : { version: replaced.version }),
              };
        if (
          replaced !== undefined &&
          replaced.version === undefined &&
          committedWithIt(path.resolve(replaced.base, replaced.path))
        )
          return [];
        // A replacement by the required version itself changes nothing.
        if (replacement?.path === module && replacement.version === declared) return [];
        const refused = stops(module) && (replacement === undefined || selected !== declared);
        return [
          {
            path: module,
            declared,
            ...(selected === undefined ? {} : { selected }),
            ...(replacement === undefined ? {} : { replacement }),
            ...(refused ? { stops: true as const } : {}),
            cause:
              replacement !== undefined
                ? 'replace'
                : excluded.has(sumKey(module, declared))
                  ? 'exclude'
                  : 'selection',
            level: refused
              ? 'major'
              : isPlaceholder(declared)
                ? 'patch'
                : overrideLevel(module, declared, {
                    ...(selected === undefined ? {} : { version: selected }),
                    ...(replacement === undefined ? {} : { replacement }),
                  }),
            origin,
          },
        ];
      },
    );
  });
}

/**
 * Returns, as overridden requirements, the modules that builds import although go.mod lacks them; `lost` maps
 * each to an importing package.
 */
export function lostRequirements(
  project: ModuleProject,
  graph: ProjectGraph,
  lost: ReadonlyMap<string, string>,
): readonly RequirementOverride[] {
  return [...lost].map(([module, neededBy]) => ({
    path: module,
    declared: '',
    selected: graph.selected.get(module) ?? '',
    cause: 'lost',
    stops: true,
    neededBy,
    level: 'major',
    origin: { path: project.mains[0]?.mod.path ?? '', line: 0 },
  }));
}
