/**
 * Builds the build list of a project and everything derived from the same files. It is rebuilt only when
 * those files changed, and only then is `go` run to confirm it.
 */
import path from 'node:path';
import type {
  FileChoice,
  FileProblem,
  ListSource,
  ListState,
  ModuleFact,
  ModuleFloor,
  NewerModule,
  RequirementOverride,
  SumProblem,
  ToolLine,
  UnavailableModule,
  UnprovidedImport,
} from '../../../drift/facets/modules.ts';
import type { CommandRun } from '../../../drift/model.ts';
import type { ListedModule } from '../../../go/go-list.ts';
import { h1Of, sumKey } from '../../../go/gosum.ts';
import { prunes } from '../../../go/module-graph.ts';
import type { Sources } from '../../environment/sources.ts';
import { runGoList } from './confirm-with-go.ts';
import { fileChoice, mayChangeFiles } from './file-choice.ts';
import { fileProblems } from './file-problems.ts';
import { type ProjectGraph, readProjectGraph } from './graph-files.ts';
import { missingModules, sumContradictions } from './missing-modules.ts';
import { listedFloors, vendoredFloors, vendoredNewer } from './newer-go-lines.ts';
import type { ModuleProject } from './project.ts';
import { lostRequirements, overriddenRequirements, type Selected, selectedModules } from './selection.ts';
import { unprovidedHere } from './unprovided.ts';
import { stopsUnflagged, withoutModFlag } from './without-mod-flag.ts';

/** The build list and its problems. */
export interface BuildList {
  readonly source: ListSource;
  readonly state: ListState;
  readonly why?: string;
  readonly list: readonly ModuleFact[];
  readonly disagreements?: number;
  readonly overrides: readonly RequirementOverride[];
  readonly problems: readonly FileProblem[];
  readonly sums: readonly SumProblem[];
  readonly unavailable: readonly UnavailableModule[];
  readonly unprovided?: readonly UnprovidedImport[];
  readonly newer: readonly NewerModule[];
  readonly floors: readonly ModuleFloor[];
  readonly tools: readonly ToolLine[];
  /** Whether the result depends on the imports of source files as well. */
  readonly byImports: boolean;
  /** Whether the imports were fully determined; false if a limit ended the search. */
  readonly complete: boolean;
  readonly stopsUnflagged?: string;
  readonly chosenBy?: FileChoice;
}

const nothing = {
  list: [],
  overrides: [],
  sums: [],
  unavailable: [],
  newer: [],
  floors: [],
  tools: [],
  byImports: false,
  complete: true,
} as const;

/** Returns a problem for each go.sum that `go` cannot parse: it stops every command that needs the file. */
function malformedSums(project: ModuleProject): readonly SumProblem[] {
  return project.sums.flatMap((file): readonly SumProblem[] => {
    const { problem } = file.content;
    return problem === undefined
      ? []
      : [
          {
            module: '',
            kind: 'malformed',
            actual: problem.text,
            origin: { path: file.path, line: problem.line },
          },
        ];
  });
}

function sumOf(project: ModuleProject, module: string, version: string): { readonly sum?: string } {
  const sum = h1Of(
    project.sums.map((file) => file.content.sums),
    sumKey(module, version),
  );
  return sum === undefined ? {} : { sum };
}

/**
 * Returns the directory of a replacement as it appears in an entry. A relative path in the project's files
 * stays relative to the directory of go.work or go.mod, so that it is the same in every clone of the
 * repository.
 */
function replacementPath(project: ModuleProject, declared: string, directory: string): string {
  if (path.isAbsolute(declared)) return directory;
  const base = project.work?.directory ?? project.mains[0]?.directory ?? '/';
  const relative = path.relative(base, directory) || '.';
  return relative.startsWith('.') ? relative : `./${relative}`;
}

function factOf(project: ModuleProject, { path: module, version, built, directory }: Selected): ModuleFact {
  const replaced = directory !== undefined || built.path !== module || built.version !== version;
  return {
    path: module,
    version,
    ...(built.version === undefined ? {} : sumOf(project, built.path, built.version)),
    ...(replaced
      ? {
          replacement:
            built.version === undefined
              ? { path: replacementPath(project, built.path, directory ?? built.path) }
              : { path: built.path, version: built.version },
        }
      : {}),
  };
}

/** Returns the list of a vendored build: the modules in vendor/modules.txt. */
function vendoredList(project: ModuleProject): readonly ModuleFact[] {
  const base = path.dirname(project.vendor.directory);
  return [...project.vendor.modules.content.selected.values()]
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path: module, version, replacement }) => {
      // A replacement of all versions has a line of its own.
      const target = replacement ?? project.vendor.modules.content.modules.get(`${module} `)?.replacement;
      const built = target === undefined ? { path: module, version } : target;
      return {
        path: module,
        version,
        ...(built.version === undefined ? {} : sumOf(project, built.path, built.version)),
        ...(target === undefined
          ? {}
          : {
              replacement:
                target.version === undefined
                  ? { path: replacementPath(project, target.path, path.resolve(base, target.path)) }
                  : target,
            }),
      };
    });
}

/** Returns the `tool` lines, each with the module whose path is the longest prefix of the package's path. */
function toolLines(project: ModuleProject, list: readonly ModuleFact[]): readonly ToolLine[] {
  const byPath = new Map(list.map((one) => [one.path, one]));
  return project.mains.flatMap(({ mod }) =>
    mod.content.tool.map(({ path: tool, line }) => {
      let prefix = tool;
      while (prefix !== '.' && !byPath.has(prefix)) prefix = path.dirname(prefix);
      const found = byPath.get(prefix);
      return {
        package: tool,
        ...(found === undefined
          ? {}
          : { module: found.path, version: found.replacement?.version ?? found.version }),
        origin: { path: mod.path, line },
      };
    }),
  );
}

/**
 * Reports whether go.mod differs from what its requirements imply; `go` then fails with "updates to go.mod
 * needed".
 */
function isUntidy(project: ModuleProject, graph: ProjectGraph): boolean {
  const [main] = project.mains;
  if (project.work !== undefined || main === undefined) return false;
  return main.mod.content.require.some(({ path: module, version }) => graph.selected.get(module) !== version);
}

/** Counts the modules that differ between two lists. */
function countDisagreements(listed: readonly ListedModule[], list: readonly Selected[]): number {
  const ours = new Map(
    list.map((one) => [one.path, `${one.version} ${one.built.path} ${one.built.version ?? ''}`]),
  );
  let differing = 0;
  for (const { path: module, version, replace, main } of listed) {
    if (main) continue;
    const mine = ours.get(module);
    ours.delete(module);
    const built = replace === undefined ? `${module} ${version}` : `${replace.path} ${replace.version ?? ''}`;
    // A directory can be written in several ways, so its path is not compared.
    const directory = replace !== undefined && replace.version === undefined;
    if (mine === undefined || (directory ? !mine.startsWith(`${version} `) : mine !== `${version} ${built}`))
      differing++;
  }
  return differing + ours.size;
}

/** Reports whether `go` lists the same; empty if it is not run or returns no list. */
async function confirmed(
  sources: Sources,
  project: ModuleProject,
  graph: ProjectGraph,
  list: readonly Selected[],
  commands: CommandRun[],
  copiesDirectory: string | undefined,
): Promise<{ readonly disagreements?: number; readonly why?: string }> {
  if (list.length === 0 || copiesDirectory === undefined) return {};
  const answer = await runGoList(sources, project, graph, copiesDirectory, commands);
  return 'why' in answer ? answer : { disagreements: countDisagreements(answer.modules, list) };
}

/**
 * Returns the list according to go.mod alone, if the graph is incomplete: since Go 1.17, go.mod names every
 * module that the build needs.
 */
function declaredList(project: ModuleProject, graph: ProjectGraph): readonly Selected[] {
  const [main] = project.mains;
  if (project.work !== undefined || main === undefined || !prunes(main.mod.content.go?.version)) return [];
  return selectedModules(declaredGraph(project, graph));
}

/**
 * Returns the graph as if every requirement were selected: replace and exclude lines apply even without the
 * rest of the graph.
 */
function declaredGraph(project: ModuleProject, graph: ProjectGraph): ProjectGraph {
  const required = project.mains.flatMap(({ mod }) => mod.content.require);
  return { ...graph, selected: new Map(required.map(({ path: module, version }) => [module, version])) };
}

/** Returns how files are chosen, if a repair may change the choice. */
async function choiceOf(
  sources: Sources,
  project: ModuleProject,
  list: readonly Selected[],
  hasNewer: boolean,
): Promise<Pick<BuildList, 'chosenBy'>> {
  return mayChangeFiles(sources, hasNewer) ? { chosenBy: await fileChoice(sources, project, list) } : {};
}

/**
 * Builds the list from the files. If `copiesDirectory` is given, `go` is run on copies of them there to
 * confirm the list.
 */
export async function makeBuildList(
  sources: Sources,
  project: ModuleProject,
  commands: CommandRun[],
  copiesDirectory?: string,
): Promise<BuildList> {
  const problems = fileProblems(project, sources.tree.knowledge.godebugs);
  if (problems.length > 0)
    return { ...nothing, source: 'files', state: 'invalid', why: problems[0]?.text ?? '', problems };
  if (project.vendor.used) {
    const list = vendoredList(project);
    const empty = project.vendor.modules.digest === '';
    const newer = vendoredNewer(project);
    const choice = await choiceOf(sources, project, [], newer.length > 0);
    return {
      ...nothing,
      source: 'vendor',
      state: empty ? 'incomplete' : 'complete',
      ...(empty ? { why: 'vendor/modules.txt is missing' } : {}),
      list,
      problems,
      newer,
      floors: vendoredFloors(project),
      tools: toolLines(project, list),
      byImports: choice.chosenBy !== undefined,
      ...choice,
    };
  }
  const graph = readProjectGraph(project);
  const complete = graph.missing.length === 0;
  const selected = complete ? selectedModules(graph) : declaredList(project, graph);
  const untidy = complete && isUntidy(project, graph);
  const said =
    complete && !untidy ? await confirmed(sources, project, graph, selected, commands, copiesDirectory) : {};
  const state: ListState = !complete ? 'incomplete' : untidy ? 'untidy' : 'complete';
  const why = !complete
    ? `${graph.missing.length} go.mod files are not in the module cache`
    : untidy
      ? 'updates to go.mod needed'
      : said.why;
  const lacking = await missingModules(sources, project, graph, selected);
  const unprovided = await unprovidedHere(sources, project, graph, selected);
  const list = selected.map((one) => factOf(project, one));
  const choice = await choiceOf(sources, project, selected, lacking.newer.length > 0);
  const plain = withoutModFlag(project);
  const unflagged = plain !== undefined && !plain.vendor.used;
  const stops = unflagged ? await stopsUnflagged(sources, plain, graph, selected) : undefined;
  return {
    source: said.disagreements === undefined ? 'files' : 'go',
    state,
    ...(why === undefined ? {} : { why }),
    ...(said.disagreements === undefined ? {} : { disagreements: said.disagreements }),
    list,
    overrides: [
      ...overriddenRequirements(
        project,
        complete || project.work !== undefined ? graph : declaredGraph(project, graph),
        sources.settings.workspace,
        sources.repository,
        lacking.stops,
      ),
      ...lostRequirements(project, graph, lacking.lost),
    ],
    problems,
    sums: [...malformedSums(project), ...sumContradictions(project, graph, selected), ...lacking.sums],
    unavailable: lacking.unavailable,
    ...(unprovided.imports.length === 0 ? {} : { unprovided: unprovided.imports }),
    newer: lacking.newer,
    floors: listedFloors(project, graph, selected),
    tools: toolLines(project, list),
    byImports:
      lacking.byImports || unflagged || unprovided.imports.length > 0 || choice.chosenBy !== undefined,
    complete: lacking.complete && unprovided.complete,
    ...choice,
    ...(stops === undefined ? {} : { stopsUnflagged: stops }),
  };
}
