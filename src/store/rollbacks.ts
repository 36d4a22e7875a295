/**
 * `rollbacks/<id>/` in the state directory: what a rollback that is under way is made of. It is whole on the disk before the journal tells the intent, and goes
 * after the journal has the outcome; so whatever lies there at a start was interrupted, and can be undone.
 */
import path from 'node:path';
import type * as z from 'zod';
import { ensureDirectory, removeEmptyDirectory, removeFile, writeAtomic } from '../host/atomic.ts';
import { sha256Hex } from '../host/digest.ts';
import { listDirectory, readFile } from '../host/files.ts';
import { jsonOf, readKept } from './json-file.ts';
import { attempt, type StateDirectory, type WriteResult } from './state-directory.ts';

const folder = 'rollbacks';
const idName = /^[0-9a-f]{16}$/;

const place = (state: StateDirectory, id: string) => path.join(state.path, folder, id);
const bytesName = (digest: string) => `${digest}.bytes`;
const planName = 'plan.json';

/** Keeps a plan (JSON data) and the bytes that it and its undoing need. Answers the plan's SHA-256 in hex. */
export function keepRollback(
  state: StateDirectory,
  id: string,
  plan: unknown,
  contents: ReadonlyMap<string, Uint8Array>,
): Promise<WriteResult<string>> {
  const directory = place(state, id);
  return attempt(state, directory, async () => {
    await ensureDirectory(directory);
    for (const [digest, bytes] of contents) await writeAtomic(path.join(directory, bytesName(digest)), bytes);
    const text = `${JSON.stringify(plan)}\n`;
    await writeAtomic(path.join(directory, planName), text);
    return sha256Hex(text);
  });
}

/** Whether something lies there that was interrupted. */
export function hasKeptRollbacks(stateDirectory: string): boolean {
  return idsIn(path.join(stateDirectory, folder)).length > 0;
}

/** The newest schema of a plan that this version ends (undo/kept-plan.ts). */
const newestPlan = 2;

const planAt = (directory: string) => readKept(path.join(directory, planName), { newest: newestPlan });

const idsIn = (top: string) => listDirectory({ root: '/', path: top }).filter((name) => idName.test(name));

/** Why a rollback that was interrupted is left to whoever can end it, of the first such one; nothing is rolled back beside it. */
export function whyLeft(stateDirectory: string): string | undefined {
  const top = path.join(stateDirectory, folder);
  for (const id of idsIn(top)) {
    const { left } = planAt(path.join(top, id));
    if (left !== undefined) return left;
  }
  return undefined;
}

/** A rollback that lies there; the plan is undefined where it was not whole yet, or was damaged. */
export interface KeptRollback<Plan> {
  readonly id: string;
  readonly plan?: Plan;
  /** SHA-256 of the plan's file. */
  readonly digest?: string;
  /** Why it is neither ended nor removed here, in one line; undefined where it is. */
  readonly left?: string;
  /** The bytes of a digest; undefined where they are not there any more. */
  readonly bytes: (digest: string) => Buffer | undefined;
}

/** All that lie there, in the order of their ids. */
export function keptRollbacks<Plan>(
  stateDirectory: string,
  schema: z.ZodType<Plan>,
): readonly KeptRollback<Plan>[] {
  const top = path.join(stateDirectory, folder);
  return idsIn(top).map((id) => {
    const bytes = (digest: string) => {
      const found = readFile({ root: '/', path: path.join(top, id, bytesName(digest)) });
      return found.ok && sha256Hex(found.bytes) === digest ? found.bytes : undefined;
    };
    const { text, left } = planAt(path.join(top, id));
    if (left !== undefined) return { id, bytes, left };
    const parsed = schema.safeParse(jsonOf(text));
    if (text === undefined || !parsed.success) return { id, bytes };
    return { id, plan: parsed.data, digest: sha256Hex(text), bytes };
  });
}

/** Removes what was kept of a rollback; what cannot be removed is found at the next start, whose outcome the journal knows. */
export async function dropRollback(state: StateDirectory, id: string): Promise<void> {
  const directory = place(state, id);
  await attempt(state, directory, async () => {
    for (const name of listDirectory({ root: '/', path: directory }))
      await removeFile(path.join(directory, name));
    await removeEmptyDirectory(directory);
  });
}
