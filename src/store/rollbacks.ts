/**
 * `rollbacks/<id>/` in the state directory: what a rollback that is under way is made of. It is whole on the disk before the journal tells the intent, and goes
 * after the journal has the outcome; so whatever lies there at a start was interrupted, and can be undone.
 */
import path from 'node:path';
import type * as z from 'zod';
import { namesIn } from '../host/append.ts';
import { ensureDirectory, removeEmptyDirectory, removeFile, writeAtomic } from '../host/atomic.ts';
import { sha256Hex } from '../host/digest.ts';
import { namesKept, readBytes, readKept } from './json-file.ts';
import { attempt, type StateDirectory, type WriteResult } from './state-directory.ts';

const folder = 'rollbacks';
const idName = /^[0-9a-f]{16}$/;

const place = (state: Pick<StateDirectory, 'path'>, id: string) => path.join(state.path, folder, id);
const bytesName = (digest: string) => `${digest}.bytes`;
const contentName = /^([0-9a-f]{64})\.bytes$/;
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

/** The newest schema of a plan that this version ends (undo/kept-plan.ts). */
const newestPlan = 3;

/** The ids that lie there; `left` where that cannot be told. */
function idsKept(stateDirectory: string): { readonly ids: readonly string[]; readonly left?: string } {
  const { names, ...rest } = namesKept(path.join(stateDirectory, folder));
  return { ids: names.filter((name) => idName.test(name)), ...rest };
}

/** Whether an interrupted rollback lies there, or may: the directory cannot be listed. */
export function hasKeptRollbacks(stateDirectory: string): boolean {
  const { ids, left } = idsKept(stateDirectory);
  return ids.length > 0 || left !== undefined;
}

interface Read {
  readonly text?: string;
  readonly content?: unknown;
  readonly contents: ReadonlyMap<string, Buffer>;
  readonly left?: string;
}

/** All that lies there of one rollback: whoever ends it must have the whole of it, or know that a part is gone. */
function readRollback(directory: string): Read {
  const contents = new Map<string, Buffer>();
  const { names, left } = namesKept(directory);
  if (left !== undefined) return { contents, left };
  const plan = readKept(path.join(directory, planName), { newest: newestPlan });
  if (plan.left !== undefined) return { contents, left: plan.left };
  for (const name of names) {
    const digest = contentName.exec(name)?.[1];
    if (digest === undefined) continue;
    const { bytes, left: unread } = readBytes(path.join(directory, name));
    if (unread !== undefined) return { contents, left: unread };
    if (bytes !== undefined && sha256Hex(bytes) === digest) contents.set(digest, bytes);
  }
  return { ...plan, contents };
}

/** Why a rollback that was interrupted is left to whoever can end it, of the first such one; nothing is rolled back beside it. */
export function whyLeft(stateDirectory: string): string | undefined {
  const { ids, left } = idsKept(stateDirectory);
  if (left !== undefined) return left;
  for (const id of ids) {
    const one = readRollback(place({ path: stateDirectory }, id));
    if (one.left !== undefined) return one.left;
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
  /** The bytes of a digest; undefined where they are gone, or were changed. */
  readonly bytes: (digest: string) => Buffer | undefined;
}

/** All that lie there, in the order of their ids; `left` where it cannot be told which, in one line. */
export function keptRollbacks<Plan>(
  stateDirectory: string,
  schema: z.ZodType<Plan>,
): { readonly kept: readonly KeptRollback<Plan>[]; readonly left?: string } {
  const { ids, ...rest } = idsKept(stateDirectory);
  const kept = ids.map((id) => {
    const { text, content, contents, left } = readRollback(place({ path: stateDirectory }, id));
    const bytes = (digest: string) => contents.get(digest);
    if (left !== undefined) return { id, bytes, left };
    const parsed = schema.safeParse(content);
    if (text === undefined || !parsed.success) return { id, bytes };
    return { id, plan: parsed.data, digest: sha256Hex(text), bytes };
  });
  return { kept, ...rest };
}

/** Removes what was kept of a rollback; what cannot be removed is found at the next start, whose outcome the journal knows. */
export async function dropRollback(state: StateDirectory, id: string): Promise<void> {
  const directory = place(state, id);
  await attempt(state, directory, async () => {
    for (const name of await namesIn(directory)) await removeFile(path.join(directory, name));
    await removeEmptyDirectory(directory);
  });
}
