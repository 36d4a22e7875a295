/**
 * Reads Go programs as tools, once for each version of a file. Files that are not Go programs are cached as
 * well.
 */

import path from 'node:path';
import { knownTool, sourceLoader } from '../../../catalog/tools.ts';
import { type BuildInfo, readBuildInfo } from '../../../go/build-info.ts';
import { linkedManagers, readShim } from '../../../go/shims.ts';
import { isGoProgram, type ToolProgram, toolProgram } from '../../../go/tool-program.ts';
import type { Credentials } from '../../../host/credentials.ts';
import { executableAt, type RootedPath, scanFile, withReader } from '../../../host/files.ts';
import { readCache, stampKey } from '../../../host/lru.ts';
import { scriptProblem } from '../../environment/program-info.ts';

/** A Go program, or why a file is not one. */
export type ProgramReading =
  | (ToolProgram & {
      readonly kind: 'program';
      /** Path on this machine, with symlinks resolved. */
      readonly realPath: string;
      /** Whether the linked packages show that the program loads Go source. */
      readonly linksLoader: boolean;
    })
  /**
   * `shim` starts a program in GOBIN or elsewhere; `other` is not a Go program; `unsettled` may be one, which
   * cannot be decided now.
   */
  | { readonly kind: 'shim' | 'other' | 'unsettled'; readonly why: string };

const loader = Buffer.from(sourceLoader);

/**
 * Reports whether a program links the loader. Names of linked functions survive stripping, because the
 * runtime needs them for tracebacks.
 */
function linksLoaderOf(realPath: string): boolean {
  const found = scanFile(realPath, loader.length, (bytes) => bytes.includes(loader) || undefined);
  return found === true;
}

/**
 * Reports whether a program may link the loader: only one that depends on golang.org/x/tools can. For known
 * tools the catalogue answers instead.
 */
function mayLoad(name: string, info: BuildInfo): boolean {
  if (isGoProgram(info.path) || knownTool(name) !== undefined) return false;
  return [info.main, ...info.deps].some((module) => module?.path === 'golang.org/x/tools');
}

const shimLimit = 64 * 1024;

/**
 * Reports whether a script is a version manager's shim for a program that `go install` put beside its Go;
 * programs of other plugins do not count.
 */
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
      // A copy in progress: the event at its end causes the next pass.
      if (info.error === 'truncated') return { kind: 'unsettled', why: 'is truncated, or being written' };
      return { kind: 'other', why: 'is not a Go program' };
    }
    const linksLoader = mayLoad(name, info) && linksLoaderOf(realPath);
    return { kind: 'program', realPath, ...toolProgram(info), linksLoader };
  });
  return reading ?? { kind: 'unsettled', why: 'cannot be read' };
}

const known = readCache<ProgramReading>(4_000);

/** Returns the program at a path; undefined if there is no file that `who` may execute. */
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
  // An unreadable file may become readable without a change of its stamp.
  if (reading.kind !== 'unsettled') known.set(key, reading);
  return reading;
}
