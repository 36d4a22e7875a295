/** The facet `tools`: Go programs and C compilers that builds use, as facts, as entries and as numbers. */
import { compareGoVersions, languageVersion } from '../../go/version.ts';
import type { ToolPin } from '../tool-pins.ts';

/** A file with the name of a tool. */
export interface ToolFile {
  readonly path: string;
  readonly version: string;
}

/** One tool, described by its build information, or a C compiler, described by its version line. */
export interface ToolFact {
  readonly name: string;
  readonly path: string;
  /** The path with all symlinks resolved. */
  readonly realPath: string;
  /** `v0.22.0`, `(devel)`, `1.27.4` for Go's own programs; the version line of a compiler. */
  readonly version: string;
  /** Go version that it was built with, without the `go` prefix; undefined if Go did not build it. */
  readonly goVersion?: string;
  /** Import path of its main package. */
  readonly packagePath?: string;
  /** `h1:…` of its module, if recorded. */
  readonly sum?: string;
  /**
   * It loads and type-checks Go source, so the Go that built it decides which language versions it
   * understands.
   */
  readonly loadsSource: boolean;
  /** Programs of the same name that come later on PATH. */
  readonly shadowed: readonly ToolFile[];
}

/** Facts about the tools. */
export interface ToolsFacts {
  /** Sorted by name; the one found first of each name. */
  readonly tools: readonly ToolFact[];
  readonly pins: readonly ToolPin[];
  /** Files with the name of a tool that could not be read, and why. */
  readonly problems: readonly { readonly name: string; readonly path: string; readonly why: string }[];
  /** The go line in force in the workspace; undefined if there is none. */
  readonly needs?: string;
}

/** Numbers and names for metrics. */
export interface ToolsState {
  readonly tools: readonly {
    readonly name: string;
    readonly version: string;
    readonly goVersion: string;
    /** Whether it was built with an older language version than the project's; undefined if not known. */
    readonly behind?: boolean;
  }[];
}

/**
 * Reports whether a tool was built with an older language version than `needs`; undefined if one of them is
 * not known.
 */
export function isBehind(tool: Pick<ToolFact, 'goVersion'>, needs: string | undefined): boolean | undefined {
  const own = languageVersion(tool.goVersion ?? '');
  const wanted = languageVersion(needs ?? '');
  return own === '' || wanted === '' ? undefined : compareGoVersions(own, wanted) < 0;
}

/** Returns the entries `tools.<name>`: version, the Go that built it and its checksum. */
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

/** Returns the tools of a target for its metrics. */
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
