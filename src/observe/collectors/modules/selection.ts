/** What a build takes of each module, and where that is not what a main module requires. */
import path from 'node:path';
import { overrideLevel, type RequirementOverride } from '../../../drift/facets/modules.ts';
import { sumKey } from '../../../go/gosum.ts';
import { isWithin } from '../../../host/checked-program.ts';
import { type BuiltModule, builtOf, type ProjectGraph } from './graph-files.ts';
import type { MainProject, ModuleProject } from './project.ts';

/** A module of the build list with what is built of it. */
export interface Selected {
  readonly path: string;
  readonly version: string;
  readonly built: BuiltModule;
  /** Absolute directory of a replacement by a folder. */
  readonly directory?: string;
}

/** The build list that the graph gives, main modules left out, by path. */
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

/** Versions that nobody published: what go.mod says where a replace line or go.work decides (modfile writes the zero time). */
function isPlaceholder(version: string): boolean {
  return version === 'v0.0.0' || /^v\d+\.0\.0-00010101000000-000000000000$/.test(version);
}

/** The main modules whose requirements are the workspace's own: its module where go.work uses it, else all. */
function ownMains(project: ModuleProject, workspace: string): readonly MainProject[] {
  const own = project.mains.filter(
    ({ directory }) => workspace === directory || workspace.startsWith(`${directory}/`),
  );
  return own.length === 0 ? project.mains : own;
}

/**
 * Requirements that the build does not follow. A module that is used from, or replaced by, a folder of the same repository is none of them:
 * the commit that requires it holds it as well, and whoever wrote one line wrote the other. `repository` is undefined where there is none; `stops`
 * says of a module whether go refuses to build with a requirement of it that is too low.
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
        // A replacement by the very version that is declared replaces nothing.
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

/** Modules that builds import from and that go.mod lost, as requirements that it should have; `lost` names an importing package of each. */
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
