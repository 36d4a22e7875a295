/**
 * Collects the versions that the project demands of tools: from `tool` lines of go.mod through its
 * requirements, from rows of `.tool-versions` and of mise's files, and from the configuration.
 */
import type { GoMod } from '../go/gomod.ts';
import { isGo, type MiseTool } from '../go/mise-toml.ts';
import { parseToolVersions } from '../go/pin-files.ts';
import { programName } from '../go/tool-program.ts';

/** One demand. */
export interface ToolPin {
  readonly source: 'go.mod' | '.tool-versions' | 'mise.toml' | 'config';
  /** Name of the program. */
  readonly name: string;
  /** `v1.2.3` or a pseudo-version from go.mod; elsewhere as precise as the text: `2`, `2.1`, `2.1.0`. */
  readonly version: string;
  /** Import path of the program, if the source gives it. */
  readonly packagePath?: string;
  readonly path: string;
  /** From 1; 0 if there is none. */
  readonly line: number;
}

export interface ToolPinSources {
  readonly gomod?: { readonly path: string; readonly file: GoMod };
  readonly toolVersions?: { readonly path: string; readonly text: string };
  /** The row in force for each tool in mise's files. */
  readonly mise?: readonly (MiseTool & { readonly path: string })[];
  readonly configured?: Readonly<Record<string, string>>;
}

/** Returns the pin of a version manager's row. Go itself is not a tool here. */
function rowPin(
  { source, path, line }: Pick<ToolPin, 'source' | 'path' | 'line'>,
  tool: string,
  version = '',
): readonly ToolPin[] {
  const name = withoutBackend(tool);
  if (isGo({ name }) || !isVersion(version)) return [];
  return [{ source, name, version: bare(version), path, line }];
}

/**
 * Returns all tool pins. Values without a version (`latest`, `system`, `ref:…`, a replacement by a directory)
 * pin nothing.
 */
export function toolPinsOf({
  gomod,
  toolVersions,
  mise = [],
  configured = {},
}: ToolPinSources): readonly ToolPin[] {
  return [
    ...(gomod === undefined ? [] : toolLines(gomod)),
    ...(toolVersions === undefined
      ? []
      : parseToolVersions(toolVersions.text).flatMap(({ tool, versions: [version], line }) =>
          rowPin({ source: '.tool-versions', path: toolVersions.path, line }, tool, version),
        )),
    ...mise
      // With options in brackets the program may have another name.
      .filter(({ name }) => !name.includes('['))
      .flatMap(({ name, versions, path, line }) =>
        rowPin({ source: 'mise.toml', path, line }, name, versions === 'unclear' ? '' : versions[0]),
      ),
    ...Object.entries(configured).flatMap(([name, version]) =>
      isVersion(version)
        ? [{ source: 'config' as const, name, version: bare(version), path: '', line: 0 }]
        : [],
    ),
  ];
}

function isVersion(text: string): boolean {
  return /^(v|go)?\d+(\.\d+)*([-+.][0-9A-Za-z.+-]+|(rc|beta)\d+)?$/.test(text);
}

const bare = (version: string) => version.replace(/^(v|go)(?=\d)/, '');

/** Returns the program's name from mise's `go:golang.org/x/tools/gopls` or `aqua:golangci/golangci-lint`. */
function withoutBackend(tool: string): string {
  const colon = tool.indexOf(':');
  return colon === -1 ? tool : programName(tool.slice(colon + 1));
}

/** Returns a pin for each tool line, with the version that go.mod requires of the longest matching module. */
function toolLines(gomod: { readonly path: string; readonly file: GoMod }): readonly ToolPin[] {
  const { require, replace, module } = gomod.file;
  return gomod.file.tool.flatMap(({ path: packagePath, line }): readonly ToolPin[] => {
    const covers = (path: string) => packagePath === path || packagePath.startsWith(`${path}/`);
    const required = require
      .filter((one) => covers(one.path))
      .reduce<(typeof require)[number] | undefined>(
        (best, one) => (best === undefined || one.path.length >= best.path.length ? one : best),
        undefined,
      );
    // A tool of the main module itself has no version.
    if (
      required === undefined ||
      (module !== undefined && covers(module.path) && module.path.length > required.path.length)
    )
      return [];
    const replaced = replace.find(
      (one) => one.path === required.path && (one.version === undefined || one.version === required.version),
    );
    // A replaced tool is installed from another source, and its version does not show which.
    if (replaced !== undefined) return [];
    return [
      {
        source: 'go.mod',
        name: programName(packagePath),
        version: required.version,
        packagePath,
        path: gomod.path,
        line,
      },
    ];
  });
}

/**
 * Reports whether an installed version meets a pin, to the precision of the pin: `2` is any 2.x, `2.1` any
 * 2.1.x, `2.1.0` only itself, unmodified. `unknown` for a local build, which has no version.
 */
export function meetsToolPin(pin: string, installed: string): 'yes' | 'no' | 'unknown' {
  if (installed === '' || installed.startsWith('(devel)')) return 'unknown';
  const wanted = bare(pin);
  const version = bare(installed);
  if (wanted === version || `${wanted}+incompatible` === version) return 'yes';
  const partial = /^\d+(\.\d+)?$/.test(wanted);
  // The first release of a Go before 1.21 is called 1.20; nothing else has only two numbers.
  return partial && version.startsWith(`${wanted}.`) && !version.includes('+dirty') ? 'yes' : 'no';
}
