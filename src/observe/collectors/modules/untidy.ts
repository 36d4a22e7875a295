/**
 * Determines whether a go.mod differs from what `go` would write, and whether that stops a build. With a
 * pruned graph (Go 1.17), a build considers only the requirements of the modules that it imports
 * (updatePrunedRoots and spotCheckRoots in cmd/go/internal/modload/buildlist.go; measured with 1.21.13 to
 * 1.27.4); otherwise it considers all.
 */
import { sumKey } from '../../../go/gosum.ts';
import type { BuildTarget } from '../../../go/imports.ts';
import { prunes } from '../../../go/module-graph.ts';
import { compareModuleVersions } from '../../../go/semver.ts';
import type { ProjectGraph } from './graph-files.ts';
import { type Imported, type PackageSource, sourceFiles, traceEditedImports } from './imported-modules.ts';
import type { ModuleProject } from './project.ts';

/** Most source files to search for imports of modules that go.mod lacks: some 40 ms. */
const searchLimit = 600;
const sourceLimit = 4 * 1024 * 1024;

/** Reports whether `go` fails if it would have to update go.mod. */
export function mustBeTidy({ work, modFlag, vendor }: ModuleProject): boolean {
  return work === undefined && modFlag !== 'mod' && !vendor.used;
}

/**
 * What raises a requirement of go.mod: `always` if `go` notices before it loads a package, otherwise the
 * required modules that ask for a higher version.
 */
export type Raised = 'always' | readonly string[];

/** Returns the requirements of go.mod that are too low, by module path; none if go.mod need not be tidy. */
export function raisedRequirements(project: ModuleProject, graph: ProjectGraph): ReadonlyMap<string, Raised> {
  const [main] = project.mains;
  if (main === undefined || !mustBeTidy(project)) return new Map();
  const { require, exclude, go } = main.mod.content;
  const excluded = new Set(exclude.map((one) => sumKey(one.path, one.version)));
  const raised = require.filter(({ path: module, version }) => graph.selected.get(module) !== version);
  return new Map(
    raised.map(({ path: module, version }): [string, Raised] => {
      const twice = require.some((one) => one.path === module && one.version !== version);
      if (twice || excluded.has(sumKey(module, version)) || !prunes(go?.version)) return [module, 'always'];
      const asks = (one: { readonly path: string; readonly version: string }) =>
        graph
          .requirementsOf(one)
          .some((wanted) => wanted.path === module && compareModuleVersions(wanted.version, version) > 0);
      return [module, require.filter(asks).map((one) => one.path)];
    }),
  );
}

/**
 * Returns modules that go.mod may have lost. go.sum has the sum of their files, the graph selects them, a
 * module named by go.mod requires them without `// indirect`, and its sources or those of the workspace name
 * one of their packages. Most are needed only by tests of other modules, so whether a build imports them has
 * to be determined separately. If there is too much to search, all modules whose search was not completed are
 * returned.
 */
export function possiblyLostModules(
  project: ModuleProject,
  graph: ProjectGraph,
  sources: readonly PackageSource[],
  target: BuildTarget,
): ReadonlySet<string> {
  const [main] = project.mains;
  if (main === undefined || !mustBeTidy(project) || !prunes(main.mod.content.go?.version)) return new Set();
  const { require } = main.mod.content;
  const named = new Set(require.map((one) => one.path));
  const summed = (module: string, version: string) => {
    const replacement = graph.replacement({ path: module, version });
    const built = replacement === undefined ? { path: module, version } : replacement;
    return (
      built.version === undefined ||
      project.sums.some((file) => file.content.sums.has(sumKey(built.path, built.version ?? '')))
    );
  };
  const wanted = new Map<string, Set<string>>();
  for (const one of require)
    for (const { path: module, indirect } of graph.requirementsOf(one)) {
      const version = graph.selected.get(module) ?? '';
      if (named.has(module) || version === '' || !summed(module, version)) continue;
      for (const owner of indirect === true ? [''] : ['', one.path])
        wanted.set(owner, (wanted.get(owner) ?? new Set()).add(module));
    }
  return namedIn(sources, wanted, target);
}

/**
 * Returns the wanted modules that the sources of others name; `''` stands for the main module. Once there is
 * too much to search, all wanted modules are returned.
 */
function namedIn(
  sources: readonly PackageSource[],
  wanted: ReadonlyMap<string, ReadonlySet<string>>,
  target: BuildTarget,
): ReadonlySet<string> {
  traceEditedImports(
    sources.filter((one) => (wanted.get(one.main ? '' : one.path)?.size ?? 0) > 0),
    target,
  );
  const found = new Set<string>();
  let searched = 0;
  for (const { path: module, directory, main, reader, ignored } of sources) {
    const names = [...(wanted.get(main ? '' : module) ?? [])];
    if (directory === undefined || names.length === 0) continue;
    for (const file of sourceFiles(directory, target, ignored)) {
      if (++searched > searchLimit) {
        for (const one of wanted.values()) for (const name of one) found.add(name);
        return found;
      }
      const text = reader.read(file, sourceLimit)?.toString('utf8') ?? '';
      for (const name of names) if (text.includes(`"${name}`)) found.add(name);
    }
  }
  return found;
}

/** What is known once the imports of a build are known. */
export interface Settled {
  /** Reports whether a requirement of a module in go.mod is so low that builds fail. */
  readonly stops: (module: string) => boolean;
  /** Modules that a build imports but go.mod does not name, each with an importing package. */
  readonly lost: ReadonlyMap<string, string>;
}

/** Returns the modules whose import by a build has to be determined, and what follows from that. */
export function untidiness(
  project: ModuleProject,
  graph: ProjectGraph,
  sources: readonly PackageSource[],
  target: BuildTarget,
): {
  readonly questioned: readonly string[];
  readonly settle: (imported: Imported) => Settled;
} {
  const raised = graph.missing.length === 0 ? raisedRequirements(project, graph) : new Map<string, Raised>();
  const lost = possiblyLostModules(project, graph, sources, target);
  const raisers = [...raised.values()].flatMap((by) => (by === 'always' ? [] : by));
  return {
    questioned: [...raisers, ...lost],
    settle: ({ modules, complete }) => ({
      stops: (module) => {
        const by = raised.get(module) ?? [];
        // If that could not be determined in time, the module is most likely imported.
        return by === 'always' || by.some((one) => !complete || modules.has(one));
      },
      lost: new Map([...modules].filter(([module]) => lost.has(module))),
    }),
  };
}
