/** Collects the pins of the project's files and of the configuration on the toolchain (design §5). */
import type { GoMod } from '../go/gomod.ts';
import type { GoWork } from '../go/gowork.ts';
import { isGo, type MiseTool } from '../go/mise-toml.ts';
import { parseGoVersionFile, parseToolVersions } from '../go/pin-files.ts';
import { isValidGoVersion, toolchainToVersion } from '../go/version.ts';
import type { Pin } from './pins.ts';

/** Texts of the files that pin; undefined where a file does not exist. */
export interface PinSources {
  readonly goVersionFile?: { readonly path: string; readonly text: string };
  readonly toolVersions?: { readonly path: string; readonly text: string };
  /** From mise's files: the row in force for each tool, with the directory that its file applies to. */
  readonly mise?: readonly (MiseTool & { readonly path: string; readonly directory: string })[];
  readonly gomod?: { readonly path: string; readonly file: GoMod };
  readonly gowork?: { readonly path: string; readonly file: GoWork };
  readonly configured?: { readonly go?: string; readonly goMod: 'floor' | 'exact' };
}

/** Strips version manager prefixes: `go1.26`, `v1.26` and `prefix:1.26` mean 1.26. */
const bare = (version: string) => version.replace(/^(?:prefix:)?(?:go-?|v)?(?=\d)/, '');

/**
 * Returns the pins of `.tool-versions` and of mise's files. The file in the nearer directory decides; in the
 * same directory both count.
 */
function managerPins({ toolVersions, mise = [] }: PinSources): readonly Pin[] {
  const row = toolVersions && parseToolVersions(toolVersions.text).find(({ tool }) => isGo({ name: tool }));
  const own = mise.find(isGo);
  const directory = toolVersions?.path.replace(/\/[^/]*$/, '') ?? '';
  const miseNearer = own !== undefined && row !== undefined && own.directory.length > directory.length;
  const rowNearer = own !== undefined && row !== undefined && own.directory.length < directory.length;
  const pinFrom = (
    source: Pick<Pin, 'source' | 'rule' | 'path' | 'line'>,
    [version = '', ...others]: readonly string[],
  ): readonly Pin[] =>
    valid({
      ...source,
      kind: 'exact',
      version,
      ...(others.length === 0 ? {} : { others: others.filter(isValidGoVersion) }),
    });
  return [
    ...(row === undefined || miseNearer
      ? []
      : pinFrom(
          {
            source: '.tool-versions',
            rule: 'pin-tool-versions',
            path: toolVersions?.path ?? '',
            line: row.line,
          },
          row.versions,
        )),
    ...(own === undefined || own.versions === 'unclear' || rowNearer
      ? []
      : pinFrom(
          { source: 'mise.toml', rule: 'pin-mise-toml', path: own.path, line: own.line },
          own.versions.map(bare),
        )),
  ];
}

function valid(pin: Pin | undefined): readonly Pin[] {
  return pin !== undefined && isValidGoVersion(pin.version) ? [pin] : [];
}

/**
 * Returns all pins, each with file and line. Values that are not versions (a `.go-version` that says
 * `system`) pin nothing.
 */
export function pinsOf(sources: PinSources): readonly Pin[] {
  const { gomod, gowork, configured } = sources;
  const file = sources.goVersionFile && parseGoVersionFile(sources.goVersionFile.text);
  const goModKind = configured?.goMod ?? 'floor';
  const toolchains = [gowork, gomod].filter((one) => one?.file.toolchain !== undefined);
  return [
    ...valid(
      file && {
        source: '.go-version',
        rule: 'pin-go-version',
        kind: 'exact',
        version: file.version,
        path: sources.goVersionFile?.path ?? '',
        line: file.line,
      },
    ),
    ...managerPins(sources),
    ...valid(
      gomod?.file.go && {
        source: 'go.mod',
        rule: 'pin-go-mod',
        kind: goModKind,
        version: gomod.file.go.version,
        path: gomod.path,
        line: gomod.file.go.line,
      },
    ),
    ...valid(
      gowork?.file.go && {
        source: 'go.work',
        rule: 'pin-go-work',
        kind: goModKind,
        version: gowork.file.go.version,
        path: gowork.path,
        line: gowork.file.go.line,
      },
    ),
    ...toolchains.flatMap((one) =>
      valid(
        one?.file.toolchain && one.file.toolchain.name !== 'default'
          ? {
              source: 'toolchain line',
              rule: 'pin-toolchain-line',
              kind: 'floor',
              version: toolchainToVersion(one.file.toolchain.name),
              path: one.path,
              line: one.file.toolchain.line,
            }
          : undefined,
      ),
    ),
    ...valid(
      configured?.go === undefined
        ? undefined
        : {
            source: 'config',
            rule: 'pin-config',
            kind: 'exact',
            version: configured.go.replace(/^go/, ''),
            path: '',
            line: 0,
          },
    ),
  ];
}
