/** The facet `tools`: Go programs by their build information, C compilers by their version line. */
import type { ToolsFacts } from '../drift/facets/tools.ts';
import type { CommandRun, Outcome } from '../drift/model.ts';
import type { Sources } from './sources.ts';

/** Collects the facet from the sources of this pass; commands that ran are appended. */
export async function collectTools(_sources: Sources, _commands: CommandRun[]): Promise<Outcome<ToolsFacts>> {
  return { status: 'not_evaluated', why: 'no collector yet' };
}
