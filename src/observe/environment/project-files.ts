/**
 * Reads the project files that decide about Go (go.mod, go.work, version files, mise configuration) and the
 * pins in them.
 */
import path from 'node:path';
import type { Pin } from '../../drift/pins.ts';
import { pinsOf } from '../../drift/project-pins.ts';
import { type ToolPin, toolPinsOf } from '../../drift/tool-pins.ts';
import type { ResolvedVariable } from '../../go/getenv.ts';
import { type GoMod, parseGoMod } from '../../go/gomod.ts';
import { type GoWork, parseGoWork } from '../../go/gowork.ts';
import { goworkSearch } from '../../go/resolve-environment.ts';
import { tooLarge } from '../../host/errors.ts';
import { stampOf } from '../../host/files.ts';
import { type Code, codeSetBy, isOutside, isQuotable, readCode } from './code.ts';
import type { BaseSources } from './find-go.ts';
import { readMiseProject } from './mise-files.ts';
import { goLinesAlone, outsideLinks, unquoted } from './outside-links.ts';
import type { ProjectSource } from './project-source.ts';

/**
 * The largest go.mod among the repositories examined has 88 KB (a Collector distribution), the largest
 * go.work 3 KB.
 */
const modLimit = 1024 * 1024;

/**
 * Returns the nearest file of a name at or above a directory; Go does not search the directory `stopAt`
 * (GOROOT).
 */
export function findUpward(root: string, directory: string, name: string, stopAt = ''): string | undefined {
  for (let here = directory; ; here = path.dirname(here)) {
    const file = path.join(here, name);
    const stamp = stampOf({ root, path: file });
    if (stamp !== undefined && !stamp.directory && !(stopAt !== '' && here === stopAt)) return file;
    if (here === path.dirname(here)) return undefined;
  }
}

function readProject<T extends object>(
  code: Code,
  file: string,
  parse: (bytes: Uint8Array) => T,
  extension: '.mod' | '.work',
): ProjectSource<T> {
  const read = readCode(code, file, modLimit);
  // Go would read the file, so ignoring it would give a wrong answer.
  if (!read.ok && read.failure === 'too-large') throw tooLarge(`the ${path.basename(file)}`, modLimit);
  if (!read.ok) return { path: file, text: '', file: parse(new Uint8Array()), problem: read.why };
  const text = read.bytes.toString('utf8');
  if (!isOutside(code, file, read.real)) {
    const parsed = parse(read.bytes);
    return { path: file, text, file: isQuotable(file, read.real, extension) ? parsed : unquoted(parsed) };
  }
  const lines = goLinesAlone(text);
  return { path: file, text: lines, file: parse(Buffer.from(lines)) };
}

/** Limit for `.go-version`, which holds one word, and `.tool-versions`, which holds a few lines. */
const versionFileLimit = 64 * 1024;

function textAt(code: Code, file: string | undefined): { path: string; text: string } | undefined {
  if (file === undefined) return undefined;
  const read = readCode(code, file, versionFileLimit);
  return read.ok && !isOutside(code, file, read.real)
    ? { path: file, text: read.bytes.toString('utf8') }
    : undefined;
}

/**
 * Returns the go.work that a `go` of the given tree would use in a workspace with the given GOWORK; a path
 * set by GOWORK need not exist.
 */
export function findGowork(
  root: string,
  workspace: string,
  setting: string,
  { goroot, version }: { readonly goroot: string; readonly version: string },
): string | undefined {
  const search = goworkSearch(workspace, setting, version);
  return search === 'upward' ? findUpward(root, workspace, 'go.work', goroot) : search?.path;
}

/** What the files of a project say. */
export interface ProjectFiles {
  readonly gomod?: ProjectSource<GoMod>;
  readonly gowork?: ProjectSource<GoWork>;
  readonly pins: readonly Pin[];
  readonly toolPins: readonly ToolPin[];
  readonly linkedOut: readonly string[];
}

/**
 * Reads the project's files, including a go.work that `goworkSetting` names. Without a workspace (`''`), only
 * configured pins are returned.
 */
export async function readProjectFiles(
  { code, settings, environment, home }: Pick<BaseSources, 'code' | 'settings' | 'environment' | 'home'>,
  gomodPath: string | undefined,
  goworkPath: string | undefined,
  goworkSetting?: ResolvedVariable,
): Promise<ProjectFiles> {
  const { workspace, pins } = settings;
  const { root } = code;
  if (workspace === '')
    return {
      linkedOut: [],
      pins: pinsOf({ configured: pins }),
      toolPins: toolPinsOf({ configured: pins.tools }),
    };
  const gomod = gomodPath === undefined ? undefined : readProject(code, gomodPath, parseGoMod, '.mod');
  // Go reads neither a relative path nor a directory; other rules report them (env-invalid, goenv-invalid).
  const goworkThere =
    goworkPath?.startsWith('/') === true && stampOf({ root, path: goworkPath })?.directory === false;
  const gowork = goworkThere
    ? readProject(codeSetBy(code, goworkSetting), goworkPath, parseGoWork, '.work')
    : undefined;
  const goVersionPath = findUpward(root, workspace, '.go-version');
  const toolVersionsPath = findUpward(root, workspace, '.tool-versions');
  const goVersionFile = textAt(code, goVersionPath);
  const toolVersions = textAt(code, toolVersionsPath);
  const mise = readMiseProject(code, workspace, { environment: environment.variables, home });
  const files = {
    mise: mise.tools,
    ...(toolVersions === undefined ? {} : { toolVersions }),
    ...(gomod === undefined ? {} : { gomod }),
    ...(gowork === undefined ? {} : { gowork }),
  };
  const project = {
    ...(gomod === undefined ? {} : { gomod }),
    ...(gowork === undefined ? {} : { gowork }),
  };
  const named = [goVersionPath, toolVersionsPath].filter((file) => file !== undefined);
  const versionFiles = [...named, ...mise.present];
  return {
    ...project,
    linkedOut: await outsideLinks(code, project, versionFiles),
    pins: pinsOf({
      ...files,
      ...(goVersionFile === undefined ? {} : { goVersionFile }),
      configured: pins,
    }),
    toolPins: toolPinsOf({ ...files, configured: pins.tools }),
  };
}
