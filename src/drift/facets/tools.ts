/** The facet `tools`: Go programs and C compilers that a build here meets, as facts, as entries and as numbers. */

/** One tool by its build information or its own version line. */
export interface ToolFact {
  readonly name: string;
  readonly version: string;
  /** Go version that it was built with, without the `go` prefix; undefined for what Go did not build. */
  readonly goVersion?: string;
}

/** What is known of the tools. */
export interface ToolsFacts {
  readonly tools: readonly ToolFact[];
}

/** Numbers and names for metrics. */
export interface ToolsState {
  readonly tools: readonly ToolFact[];
}

/** Entries `tools.<name>`. */
export function toolsEntries(facts: ToolsFacts): [string, string][] {
  return facts.tools.map(({ name, version }) => [`tools.${name}`, version]);
}

/** The tools of a target for its metrics. */
export function toolsState(facts: ToolsFacts): ToolsState {
  return { tools: facts.tools };
}
