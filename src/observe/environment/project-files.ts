/** The files of a project that decide about Go: go.mod, go.work, version files, those of mise, and the pins that they hold. */
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
import type { Base } from './find-go.ts';
import { goLinesAlone, linkedOut, unquoted } from './linked-out.ts';
import { readMiseProject } from './mise-files.ts';
import type { ProjectSource } from './project-source.ts';

/** The largest go.mod of the repositories that we looked at has 88 KB (a Collector distribution), go.work 3 KB. */
const modLimit = 1024 * 1024;

/** Nearest file of that name at or above a directory; `stopAt` is a tree that Go does not look into (GOROOT). */
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
  // Go would read it: leaving it out would be a false answer, so nothing is answered.
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

/** `.go-version` is a word, `.tool-versions` a few lines. */
const versionFileLimit = 64 * 1024;

function textAt(code: Code, file: string | undefined): { path: string; text: string } | undefined {
  if (file === undefined) return undefined;
  const read = readCode(code, file, versionFileLimit);
  return read.ok && !isOutside(code, file, read.real)
    ? { path: file, text: read.bytes.toString('utf8') }
    : undefined;
}

/** The go.work that a go of this tree would use from a workspace, with that setting of GOWORK; whether it exists where GOWORK names it is not asked. */
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

/** Reads them, the go.work that `goworkSetting` may name too: of no workspace (an empty one) nothing but what is configured. */
export async function readProjectFiles(
  { code, settings, environment, home }: Pick<Base, 'code' | 'settings' | 'environment' | 'home'>,
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
  // A relative path and a directory are refused like an absent file (env-invalid, goenv-invalid): go reads none of what is there.
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
    linkedOut: await linkedOut(code, project, versionFiles),
    pins: pinsOf({
      ...files,
      ...(goVersionFile === undefined ? {} : { goVersionFile }),
      configured: pins,
    }),
    toolPins: toolPinsOf({ ...files, configured: pins.tools }),
  };
}
