/** Go programs as tools, read once a version of a file; what is no Go program is remembered as well. */

import path from 'node:path';
import { knownTool, sourceLoader } from '../../../catalog/tools.ts';
import { type BuildInfo, readBuildInfo } from '../../../go/build-info.ts';
import { linkedManagers, readShim } from '../../../go/shims.ts';
import { isGoProgram, type ToolProgram, toolProgram } from '../../../go/tool-program.ts';
import type { Credentials } from '../../../host/credentials.ts';
import { executableAt, type RootedPath, scanFile, withReader } from '../../../host/files.ts';
import { readCache, stampKey } from '../../../host/lru.ts';
import { scriptProblem } from '../../environment/program-info.ts';

/** A Go program, or why a file is none. */
export type ProgramReading =
  | (ToolProgram & {
      readonly kind: 'program';
      /** On this machine, links resolved. */
      readonly realPath: string;
      /** The packages that it links say that it loads Go source. */
      readonly linksLoader: boolean;
    })
  /** `shim` starts what lies in GOBIN or further on; `other` is no Go program; `unsettled` may be one, which cannot be told now. */
  | { readonly kind: 'shim' | 'other' | 'unsettled'; readonly why: string };

const loader = Buffer.from(sourceLoader);

/** Whether a program links the loader: names of linked functions survive stripping, as the runtime needs them for tracebacks. */
function linksLoaderOf(realPath: string): boolean {
  const found = scanFile(realPath, loader.length, (bytes) => bytes.includes(loader) || undefined);
  return found === true;
}

/** Only who depends on golang.org/x/tools can link its loader; the list answers for the tools that it knows. */
function mayLoad(name: string, info: BuildInfo): boolean {
  if (isGoProgram(info.path) || knownTool(name) !== undefined) return false;
  return [info.main, ...info.deps].some((module) => module?.path === 'golang.org/x/tools');
}

const shimLimit = 64 * 1024;

/** A manager's shim of a program that `go install` put beside its Go; another plugin's program is its own. */
function startsGoTool(bytes: Uint8Array): boolean {
  const shim = readShim(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  return shim?.manager === 'goenv' || (shim?.manager === 'asdf' && shim.plugins.includes('golang'));
}

function readProgram(name: string, realPath: string): ProgramReading {
  const reading = withReader(realPath, (readAt, size): ProgramReading => {
    const [hash, bang] = readAt(0, 2);
    if (hash === 0x23 && bang === 0x21)
      return { kind: startsGoTool(readAt(0, shimLimit)) ? 'shim' : 'other', why: scriptProblem };
    if (linkedManagers.has(path.basename(realPath))) return { kind: 'shim', why: 'is the shim of mise' };
    const info = readBuildInfo(readAt, size);
    if ('error' in info) {
      // In the middle of a copy; the event of its end makes the next pass.
      if (info.error === 'truncated') return { kind: 'unsettled', why: 'is truncated, or being written' };
      return { kind: 'other', why: 'is no Go program' };
    }
    const linksLoader = mayLoad(name, info) && linksLoaderOf(realPath);
    return { kind: 'program', realPath, ...toolProgram(info), linksLoader };
  });
  return reading ?? { kind: 'unsettled', why: 'cannot be read' };
}

const known = readCache<ProgramReading>(4_000);

/** The program at a place; undefined when no file is there that `who` may execute. */
export function toolProgramAt(
  rootedPath: RootedPath,
  name: string,
  who: Credentials,
): ProgramReading | undefined {
  const found = executableAt(rootedPath, who);
  if (found === undefined) return undefined;
  const key = `${name}\0${stampKey(found.realPath, found.stamp)}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const reading = readProgram(name, found.realPath);
  // What could not be read may be readable next time, with the same stamp.
  if (reading.kind !== 'unsettled') known.set(key, reading);
  return reading;
}
