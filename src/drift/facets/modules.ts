/** The facet `modules`: the build list of a workspace, as facts, as entries and as numbers. */
import type { PathRoots } from '../portable.ts';

/** One module of the build list. */
export interface ModuleFact {
  readonly path: string;
  readonly version: string;
}

/** What is known of the modules of a workspace. */
export interface ModulesFacts {
  readonly list: readonly ModuleFact[];
}

/** Numbers for metrics. */
export interface ModulesState {
  readonly modules: number;
}

/** Entries `modules.<path>`, `modules.vendor`, `modules.go_mod`, `modules.go_work`. */
export function modulesEntries(facts: ModulesFacts, _roots: PathRoots): [string, string][] {
  return facts.list.map(({ path, version }) => [`modules.${path}`, version]);
}

/** The numbers of a target's modules. */
export function modulesState(facts: ModulesFacts): ModulesState {
  return { modules: facts.list.length };
}
