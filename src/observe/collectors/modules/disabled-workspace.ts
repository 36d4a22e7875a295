/**
 * Finds the go.work that GOWORK=off disables: what its modules would provide is missing only because of this
 * setting. Used only if something is missing.
 */
import path from 'node:path';
import { parseGoMod } from '../../../go/gomod.ts';
import { parseGoWork } from '../../../go/gowork.ts';
import { isDirectory } from '../../../host/files.ts';
import { type Code, codeNamedBy, isNamedOutside, isOutside, readCode } from '../../environment/code.ts';
import { directoryLimit } from '../../environment/outside-links.ts';
import { findGowork } from '../../environment/project-files.ts';
import type { Sources } from '../../environment/sources.ts';

/** The same limit as for the go.mod and go.work in force (environment/project-files.ts). */
const fileLimit = 1024 * 1024;

/** A go.work that is not in force. */
export interface DisabledWorkspace {
  readonly path: string;
  /** Reports whether one of the modules that it uses has the directory of a package. */
  readonly provides: (imported: string) => boolean;
}

function bytesOf(code: Code, file: string, outside: typeof isOutside): Uint8Array | undefined {
  const read = readCode(code, file, fileLimit);
  return read.ok && !outside(code, file, read.real) ? read.bytes : undefined;
}

/** Returns the go.work above the workspace that uses its module, if only GOWORK=off disables it. */
export function disabledWorkspace(sources: Sources): DisabledWorkspace | undefined {
  const { root, settings, variables, code, gomod, effective } = sources;
  if (gomod === undefined || variables.get('GOWORK')?.value !== 'off') return undefined;
  const { goroot = '', version = '' } = effective ?? {};
  const file = findGowork(root, settings.workspace, '', { goroot, version });
  const bytes = file === undefined ? undefined : bytesOf(code, file, isOutside);
  if (file === undefined || bytes === undefined) return undefined;
  const work = parseGoWork(bytes);
  const directories = work.use
    .slice(0, directoryLimit)
    .map((use) => path.resolve(path.dirname(file), use.path));
  if (work.problems.length > 0 || !directories.includes(path.dirname(gomod.path))) return undefined;
  const named = codeNamedBy(code, [file]);
  const modules = directories.flatMap((directory) => {
    const mod = bytesOf(named, path.join(directory, 'go.mod'), isNamedOutside);
    const name = mod === undefined ? undefined : parseGoMod(mod).module?.path;
    return name === undefined ? [] : [{ name, directory }];
  });
  return {
    path: file,
    provides: (imported) =>
      modules.some(
        ({ name, directory }) =>
          (imported === name || imported.startsWith(`${name}/`)) &&
          isDirectory({ root, path: path.join(directory, imported.slice(name.length)) }),
      ),
  };
}
