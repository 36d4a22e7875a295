/** A workspace's own `.godrift.yml`: pins and required variables, nothing else. Read again only when it changed. */

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

/** By the code that a file belongs to and its path: what one may read is not another's, and where a workspace may be decides whether a file is a link out of it. */
const known = new LruCache<{ readonly stamp: string; readonly file: WorkspaceFile }>(2_000);

function mark(stamp: Stamp): string {
  return `${stamp.inode} ${stamp.size} ${stamp.mtimeMs} ${stamp.ctimeMs}`;
}

/** The code of a workspace; `found` where one that a pattern found is allowed to be. */
function codeAt({ root, path: workspace }: RootedPath, found: string | undefined): Code {
  const ofHost = root === '/';
  const home = ofHost ? (readMachine().home ?? '') : '';
  return codeOf(root, workspace, home, ofHost ? found : undefined);
}

/**
 * The text of a file of the workspace, or undefined without one. Throws AppError for one that cannot be read, and for a link out of the
 * workspace: its words would be told. `remedy` says what to do about a file that cannot be read; `found` where
 * a workspace that a pattern found is allowed to be.
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
    'put the file itself in the place of the link',
  );
}

/** Throws AppError where a name of a workspace of this host is a link out of it: what a shell was told to write there would go elsewhere. */
export function refuseLinkOut(workspace: string, name: string): void {
  const file = path.join(workspace, name);
  if (leadsOut(codeOf('/', workspace, readMachine().home ?? ''), file)) throw linkOut(file);
}

/** The target with what its workspace, in that root, asks for added; the host's own configuration wins. Throws AppError for a bad file. */
export async function refineTarget(target: TargetSettings, root = '/'): Promise<TargetSettings> {
  if (target.workspace === '') return target;
  const file = path.join(target.workspace, '.godrift.yml');
  const stamp = stampOf({ root, path: file });
  const code = codeAt({ root, path: target.workspace }, target.found);
  if (stamp === undefined) {
    // Nothing is there, or a link that leads nowhere: refused where that is out of the workspace.
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
