/**
 * Reads the `.godrift.yml` of a workspace, which holds pins and required variables only. A file is parsed
 * again only when it has changed.
 */

import path from 'node:path';
import { AppError } from '../../catalog/errors.ts';
import { type RootedPath, type Stamp, stampOf } from '../../host/files.ts';
import { LruCache } from '../../host/lru.ts';
import { readMachine } from '../../host/machine.ts';
import {
  type Code,
  codeName,
  codeOf,
  isOutside,
  leadsOut,
  readCode,
} from '../../observe/environment/code.ts';
import type { TargetSettings } from '../../observe/target.ts';
import type { WorkspaceFile } from './config-file.ts';

/**
 * Parsed files, by the code that a file belongs to and its path. Whether a file is a symlink out of its
 * workspace depends on that code, so two workspaces never share an entry.
 */
const known = new LruCache<{ readonly stamp: string; readonly file: WorkspaceFile }>(2_000);

function mark(stamp: Stamp): string {
  return `${stamp.inode} ${stamp.size} ${stamp.mtimeMs} ${stamp.ctimeMs}`;
}

/**
 * Returns the code that a workspace belongs to. `found` is the directory in which a workspace that a pattern
 * found must lie.
 */
function codeAt({ root, path: workspace }: RootedPath, found: string | undefined): Code {
  const ofHost = root === '/';
  const home = ofHost ? (readMachine().home ?? '') : '';
  return codeOf(root, workspace, home, ofHost ? found : undefined);
}

/**
 * Reads a file of the workspace; undefined if there is none. Throws AppError if it cannot be read, and for a
 * symlink out of the workspace, whose content would end up in messages. `remedy` says what to do about an
 * unreadable file. `found` is the directory in which a workspace that a pattern found must lie.
 */
export function readWorkspaceFile(
  workspace: RootedPath,
  name: string,
  limit: number,
  remedy: string,
  found?: string,
): Buffer | undefined {
  return readFileOf(codeAt(workspace, found), path.join(workspace.path, name), limit, remedy);
}

function readFileOf(code: Code, file: string, limit: number, remedy: string): Buffer | undefined {
  const read = readCode(code, file, limit);
  const absent = !read.ok && read.failure === 'absent';
  if (absent && !leadsOut(code, file)) return undefined;
  if (!read.ok && !absent) throw new AppError(`cannot read ${file}`, read.why, remedy);
  if (!read.ok || isOutside(code, file, read.real)) throw linkOut(file);
  return read.bytes;
}

function linkOut(file: string): AppError {
  return new AppError(
    `cannot use ${file}`,
    'it is a link out of the workspace and its repository',
    'replace the link with the file itself',
  );
}

/**
 * Throws AppError if a file of a workspace on this host is a symlink out of it: a shell redirection into that
 * file would write elsewhere.
 */
export function refuseLinkOut(workspace: string, name: string): void {
  const file = path.join(workspace, name);
  if (leadsOut(codeOf('/', workspace, readMachine().home ?? ''), file)) throw linkOut(file);
}

/**
 * Adds what the `.godrift.yml` of a target's workspace (in `root`) asks for. The host's own configuration
 * takes precedence. Throws AppError for an invalid file.
 */
export async function refineTarget(target: TargetSettings, root = '/'): Promise<TargetSettings> {
  if (target.workspace === '') return target;
  const file = path.join(target.workspace, '.godrift.yml');
  const stamp = stampOf({ root, path: file });
  const code = codeAt({ root, path: target.workspace }, target.found);
  if (stamp === undefined) {
    // No file, or a dangling symlink: readFileOf refuses one that points out of the workspace.
    readFileOf(code, file, 1 << 20, 'correct the file');
    return target;
  }
  const key = `${codeName(code)}\0${file}`;
  let read = known.get(key);
  if (read?.stamp !== mark(stamp)) {
    const [{ parseConfig, workspaceSchema }, { workspaceLimits }] = await Promise.all([
      import('./config-file.ts'),
      import('./strict-yaml.ts'),
    ]);
    const text = readFileOf(code, file, workspaceLimits.bytes, 'correct the file');
    if (text === undefined) return target;
    const parsed = parseConfig(workspaceSchema, text.toString('utf8'), file, workspaceLimits);
    read = { stamp: mark(stamp), file: parsed };
    known.set(key, read);
  }
  const { pins, required } = read.file;
  const go = target.pins.go ?? pins?.go;
  return {
    ...target,
    pins: {
      ...(go === undefined ? {} : { go }),
      goMod: target.pins.goMod === 'exact' ? 'exact' : (pins?.go_mod ?? 'floor'),
      tools: { ...pins?.tools, ...target.pins.tools },
    },
    required: [...new Set([...target.required, ...(required ?? [])])],
  };
}
