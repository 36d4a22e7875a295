/** The facet `modules`: the build list of the workspace. */
import type { ModulesFacts } from '../drift/facets/modules.ts';
import type { CommandRun, Outcome } from '../drift/model.ts';
import type { Sources } from './sources.ts';

/** Collects the facet from the sources of this pass; commands that ran are appended. */
export async function collectModules(
  _sources: Sources,
  _commands: CommandRun[],
): Promise<Outcome<ModulesFacts>> {
  return { status: 'not_evaluated', why: 'no collector yet' };
}
