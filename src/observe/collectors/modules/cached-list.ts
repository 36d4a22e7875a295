/**
 * The build list of each target as it was made last, and when it is made anew (decision 0076): it is kept with everything that was asked of the file
 * system while it was made, and taken while each answer is the same.
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
import { mayChooseOthers } from './file-choice.ts';
import { buildTarget } from './missing-modules.ts';
import { type ModuleProject, projectFingerprint } from './project.ts';

/** What a target's modules were last time. */
interface Known {
  readonly settings: string;
  readonly list: BuildList;
  /** What was asked while the list was made. */
  readonly trace: ReadTrace;
}

/** Variables that decide the list and where modules can be had; which of them a build needs is decided by those that its target is made of. */
const listVariables = ['GO111MODULE', 'GOWORK', 'GOFLAGS', 'GOPROXY', 'GOPRIVATE', 'GONOPROXY'] as const;

/** More than there are targets. */
const known = readCache<Known>(1_000);

/** How the facet is collected. */
export interface ModulesOptions {
  /** What is remembered of source files does not count. */
  readonly whole: boolean;
  /** Where go may be shown copies of the project's files; it is not asked without. */
  readonly copiesDirectory?: string;
  /** What is kept of the files of vendor trees; each is read as a whole without. */
  readonly vendor?: FileLists;
}

/** What the list depends on beside files: whatever else it asks of the file system is noted while it is made. */
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
    mayChooseOthers(sources, false),
  ]);
}

/**
 * The list, made anew when its files or settings changed, or anything that was asked while it was made has another answer (decision 0076); in a look that
 * reads everything anew (`whole`) also where it depends on the imports of source files, not all of which are asked about.
 */
export async function listOf(
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
