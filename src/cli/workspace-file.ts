/** A workspace's own `.godrift.yml`: pins and required variables, nothing else. Read again only when it changed. */
import path from 'node:path';
import { AppError } from '../catalog/errors.ts';
import { readFile, type Stamp, stampOf } from '../host/files.ts';
import { readMachine } from '../host/machine.ts';
import { codeOf, leadsOut } from '../observe/code.ts';
import type { TargetSettings } from '../observe/target.ts';
import type { WorkspaceFile } from './config-file.ts';

const known = new Map<string, { readonly stamp: string; readonly file: WorkspaceFile }>();

function mark(stamp: Stamp): string {
  return `${stamp.inode} ${stamp.size} ${stamp.mtimeMs} ${stamp.ctimeMs}`;
}

/** Throws AppError for a file of the workspace that is a link out of it: its words would be told. */
export function refuseLinkOut(workspace: string, file: string): void {
  if (leadsOut(codeOf('/', workspace, readMachine().home ?? ''), file))
    throw new AppError(
      `cannot use ${file}`,
      'it is a link out of the workspace and its repository',
      'put the file itself in the place of the link',
    );
}

/** The target with what the workspace asks for added; the host's own configuration wins. Throws AppError for a bad file. */
export async function refineTarget(target: TargetSettings): Promise<TargetSettings> {
  if (target.workspace === '') return target;
  const file = path.join(target.workspace, '.godrift.yml');
  const stamp = stampOf({ root: '/', path: file });
  if (stamp === undefined) return target;
  refuseLinkOut(target.workspace, file);
  let read = known.get(file);
  if (read?.stamp !== mark(stamp)) {
    const [{ parseConfig, workspaceSchema }, { workspaceLimits }] = await Promise.all([
      import('./config-file.ts'),
      import('./strict-yaml.ts'),
    ]);
    const text = readFile({ root: '/', path: file }, workspaceLimits.bytes);
    if (!text.ok) throw new AppError(`cannot read ${file}`, text.why, 'correct the file');
    const parsed = parseConfig(workspaceSchema, text.bytes.toString('utf8'), file, workspaceLimits);
    read = { stamp: mark(stamp), file: parsed };
    known.set(file, read);
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
