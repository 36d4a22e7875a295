/** What the project's own files and the configuration demand of the toolchain, as pins (design §5). */
import type { GoMod } from '../go/gomod.ts';
import type { GoWork } from '../go/gowork.ts';
import { parseGoVersionFile, parseToolVersions } from '../go/pin-files.ts';
import { isValidGoVersion, toolchainToVersion } from '../go/version.ts';
import type { Pin } from './pins.ts';

/** Texts of the files that pin; undefined where there is none. */
export interface PinSources {
  readonly goVersionFile?: { readonly path: string; readonly text: string };
  readonly toolVersions?: { readonly path: string; readonly text: string };
  readonly gomod?: { readonly path: string; readonly file: GoMod };
  readonly gowork?: { readonly path: string; readonly file: GoWork };
  readonly configured?: { readonly go?: string; readonly goMod: 'floor' | 'exact' };
}

function valid(pin: Pin | undefined): readonly Pin[] {
  return pin !== undefined && isValidGoVersion(pin.version) ? [pin] : [];
}

/** All pins, each with file and line. Unreadable values (a `.go-version` that says `system`) pin nothing. */
export function pinsOf(sources: PinSources): readonly Pin[] {
  const { gomod, gowork, configured } = sources;
  const file = sources.goVersionFile && parseGoVersionFile(sources.goVersionFile.text);
  const tool =
    sources.toolVersions &&
    parseToolVersions(sources.toolVersions.text).find((row) => row.tool === 'golang' || row.tool === 'go');
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
    ...valid(
      tool && {
        source: '.tool-versions',
        rule: 'pin-tool-versions',
        kind: 'exact',
        version: tool.versions[0] ?? '',
        ...(tool.versions.length < 2 ? {} : { others: tool.versions.slice(1).filter(isValidGoVersion) }),
        path: sources.toolVersions?.path ?? '',
        line: tool.line,
      },
    ),
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
