/** The facet `tools`: Go programs and C compilers that a build here meets, as facts, as entries and as numbers. */
import { compareGoVersions, languageVersion } from '../../go/version.ts';
import type { ToolPin } from '../tool-pins.ts';

/** A file that calls itself by a tool's name. */
export interface ToolFile {
  readonly path: string;
  readonly version: string;
}

/** One tool by its build information, or a C compiler by its version line. */
export interface ToolFact {
  readonly name: string;
  readonly path: string;
  /** Where the links on it lead. */
  readonly realPath: string;
  /** `v0.22.0`, `(devel)`, `1.27.4` of Go's own programs; a compiler's version line. */
  readonly version: string;
  /** Go version that it was built with, without the `go` prefix; undefined for what Go did not build. */
  readonly goVersion?: string;
  /** Import path of its main package. */
  readonly packagePath?: string;
  /** `h1:…` of its module, where it was recorded. */
  readonly sum?: string;
  /** It loads and type-checks Go source, so that the Go which built it decides what it understands. */
  readonly loadsSource: boolean;
  /** Others of this name that come later and never answer. */
  readonly shadowed: readonly ToolFile[];
}

/** What is known of the tools. */
export interface ToolsFacts {
  /** Sorted by name; the one that answers of each name. */
  readonly tools: readonly ToolFact[];
  readonly pins: readonly ToolPin[];
  /** Files by a tool's name of which nothing is known, and why. */
  readonly problems: readonly { readonly name: string; readonly path: string; readonly why: string }[];
  /** The go line that decides in the workspace, undefined where there is none. */
  readonly needs?: string;
}

/** Numbers and names for metrics. */
export interface ToolsState {
  readonly tools: readonly {
    readonly name: string;
    readonly version: string;
    readonly goVersion: string;
    /** Built with an older language version than the project's; undefined where nothing tells. */
    readonly behind?: boolean;
  }[];
}

/** Whether a tool was built with an older language version than `needs`; undefined where one of them is unknown. */
export function isBehind(tool: Pick<ToolFact, 'goVersion'>, needs: string | undefined): boolean | undefined {
  const own = languageVersion(tool.goVersion ?? '');
  const wanted = languageVersion(needs ?? '');
  return own === '' || wanted === '' ? undefined : compareGoVersions(own, wanted) < 0;
}

/** Entries `tools.<name>`: version, the Go that built it and its sum. */
export function toolsEntries(facts: ToolsFacts): [string, string][] {
  return facts.tools.map(({ name, version, goVersion, sum }) => [
    `tools.${name}`,
    [
      version,
      ...(goVersion === undefined || goVersion === version ? [] : [`go${goVersion}`]),
      ...(sum ? [sum] : []),
    ].join(' '),
  ]);
}

/** The tools of a target for its metrics. */
export function toolsState(facts: ToolsFacts): ToolsState {
  return {
    tools: facts.tools.map((tool) => {
      const behind = isBehind(tool, facts.needs);
      return {
        name: tool.name,
        version: tool.version,
        goVersion: tool.goVersion ?? '',
        ...(behind === undefined ? {} : { behind }),
      };
    }),
  };
}
