/**
 * What the project demands of tools: `tool` lines of go.mod through their requirements, rows of `.tool-versions` and of mise's files, and the configuration.
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
  /** `v1.2.3` and pseudo-versions as go.mod has them; as precise as the text gives it elsewhere: `2`, `2.1`, `2.1.0`. */
  readonly version: string;
  /** Import path of the program, where the source says it. */
  readonly packagePath?: string;
  readonly path: string;
  /** From 1; 0 where there is none. */
  readonly line: number;
}

export interface ToolPinSources {
  readonly gomod?: { readonly path: string; readonly file: GoMod };
  readonly toolVersions?: { readonly path: string; readonly text: string };
  /** The decisive row of each tool in mise's files. */
  readonly mise?: readonly (MiseTool & { readonly path: string })[];
  readonly configured?: Readonly<Record<string, string>>;
}

/** The pin of a version manager's row; Go itself is none of the tools. */
function rowPin(
  { source, path, line }: Pick<ToolPin, 'source' | 'path' | 'line'>,
  tool: string,
  version = '',
): readonly ToolPin[] {
  const name = withoutBackend(tool);
  if (isGo({ name }) || !isVersion(version)) return [];
  return [{ source, name, version: bare(version), path, line }];
}

/** All tool pins. What names no version (`latest`, `system`, `ref:…`, a replacement by a folder) pins nothing. */
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

/** mise writes `go:golang.org/x/tools/gopls` and `aqua:golangci/golangci-lint` for a program of that name. */
function withoutBackend(tool: string): string {
  const colon = tool.indexOf(':');
  return colon === -1 ? tool : programName(tool.slice(colon + 1));
}

/** The tool lines with the version that the requirement of the longest matching module gives them. */
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
    // What is replaced is installed from another place, and cannot be told apart by its version.
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
 * Whether an installed version is what a pin names, to the precision that its text gives: `2` is any 2.x, `2.1` any 2.1.x, `2.1.0` itself
 * and nothing modified. `unknown` for a local build, whose version nobody knows.
 */
export function meetsToolPin(pin: string, installed: string): 'yes' | 'no' | 'unknown' {
  if (installed === '' || installed.startsWith('(devel)')) return 'unknown';
  const wanted = bare(pin);
  const version = bare(installed);
  if (wanted === version || `${wanted}+incompatible` === version) return 'yes';
  const partial = /^\d+(\.\d+)?$/.test(wanted);
  // The first release of a Go before 1.21 is called 1.20; nothing else ends after two numbers.
  return partial && version.startsWith(`${wanted}.`) && !version.includes('+dirty') ? 'yes' : 'no';
}
