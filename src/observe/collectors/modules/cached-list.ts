/**
 * Caches the build list of each target together with its read trace (decision 0076): the list is reused while
 * every answer of the file system is the same.
 */

import type { CommandRun } from '../../../drift/model.ts';
import { realPathOf, stampOf } from '../../../host/files.ts';
import { readCache } from '../../../host/lru.ts';
import {
  isTracing,
  isUnchanged,
  mergeTrace,
  type ReadTrace,
  recordTrace,
  thisMoment,
} from '../../../host/read-trace.ts';
import { readerName } from '../../../host/reader.ts';
import type { Sources } from '../../environment/sources.ts';
import type { FileLists } from '../file-lists.ts';
import { type BuildList, makeBuildList } from './build-list.ts';
import { mayChangeFiles } from './file-choice.ts';
import { buildTarget } from './missing-modules.ts';
import { type ModuleProject, projectFingerprint } from './project.ts';

/** The last result for a target. */
interface Known {
  readonly settings: string;
  readonly list: BuildList;
  /** The read trace of building the list. */
  readonly trace: ReadTrace;
}

/**
 * Variables that influence the list and the sources of modules; the variables of the build target are added
 * separately.
 */
const listVariables = ['GO111MODULE', 'GOWORK', 'GOFLAGS', 'GOPROXY', 'GOPRIVATE', 'GONOPROXY'] as const;

/** More entries than there are targets. */
const known = readCache<Known>(1_000);

/** Options of the collector. */
export interface ModulesOptions {
  /** Ignore what is cached about source files. */
  readonly whole: boolean;
  /** Directory for copies of the project's files that `go` may read; without it `go` is not run. */
  readonly copiesDirectory?: string;
  /** Stored lists of the files of vendor directories; without them, all files are read. */
  readonly vendor?: FileLists;
}

/**
 * Returns, as one text, the settings on which the list depends; its dependence on files is in the read trace.
 */
function settingsOf(sources: Sources, project: ModuleProject): string {
  const { runnable, selection, effective, repository, root } = sources;
  const value = (name: string) => sources.variables.get(name)?.value ?? '';
  const target = buildTarget(sources);
  return JSON.stringify([
    projectFingerprint(project),
    effective?.realPath,
    listVariables.map(value),
    { ...target, tags: [...target.tags].sort() },
    stampOf({ root, path: project.modCache })?.directory === true,
    realPathOf({ root, path: project.modCache || '/nonexistent' }),
    'why' in runnable ? runnable.why : '',
    selection?.tooOldFor,
    repository,
    readerName(),
    mayChangeFiles(sources, false),
  ]);
}

/**
 * Returns the build list. It is rebuilt if its settings changed, or if any recorded answer of the file system
 * did (decision 0076). A whole look (`whole`) also rebuilds a list that depends on the imports of source
 * files, because the trace does not cover all of them.
 */
export async function cachedBuildList(
  sources: Sources,
  project: ModuleProject,
  commands: CommandRun[],
  { whole, copiesDirectory }: ModulesOptions,
): Promise<BuildList> {
  const make = () => makeBuildList(sources, project, commands, copiesDirectory);
  if (!isTracing()) return await make();
  const key = [sources.root, sources.settings.workspace, sources.settings.name].join('\0');
  const settings = settingsOf(sources, project);
  const before = known.get(key);
  const kept =
    before?.settings === settings &&
    !(whole && before.list.byImports) &&
    isUnchanged(before.trace, thisMoment());
  if (kept) {
    mergeTrace(before.trace);
    return before.list;
  }
  const { value: list, trace } = await recordTrace(make);
  mergeTrace(trace);
  return known.set(key, { settings, list, trace }).list;
}
