/**
 * `rollbacks/<id>/` in the state directory: plan and contents of a rollback in progress. They are complete on
 * the disk before the journal gets the intent, and removed after it has the outcome. So whatever is found
 * there at a start was interrupted, and can be reverted.
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

/**
 * Stores a plan (JSON data) and the contents needed to apply and revert it. Returns the plan's SHA-256 in
 * hex.
 */
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

/** The newest schema of a plan that this version can complete (undo/kept-plan.ts). */
const newestPlan = 3;

/** Returns the ids found; `left` if they cannot be listed. */
function idsKept(stateDirectory: string): { readonly ids: readonly string[]; readonly left?: string } {
  const { names, ...rest } = namesKept(path.join(stateDirectory, folder));
  return { ids: names.filter((name) => idName.test(name)), ...rest };
}

/** Reports whether there is an interrupted rollback; true if the directory cannot be listed. */
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

/** Reads one rollback completely: its completion needs all parts, or must know which are gone. */
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

/**
 * Returns why the first interrupted rollback that this version cannot complete is left alone; no rollback may
 * start beside it.
 */
export function whyLeft(stateDirectory: string): string | undefined {
  const { ids, left } = idsKept(stateDirectory);
  if (left !== undefined) return left;
  for (const id of ids) {
    const one = readRollback(place({ path: stateDirectory }, id));
    if (one.left !== undefined) return one.left;
  }
  return undefined;
}

/** An interrupted rollback; `plan` is undefined if it was incomplete or damaged. */
export interface KeptRollback<Plan> {
  readonly id: string;
  readonly plan?: Plan;
  /** SHA-256 of the plan's file. */
  readonly digest?: string;
  /** Why it can be neither completed nor removed here, in one line. */
  readonly left?: string;
  /** Returns the bytes of a digest; undefined if they are gone or altered. */
  readonly bytes: (digest: string) => Buffer | undefined;
}

/** Returns all interrupted rollbacks, ordered by id; `left` says in one line why they cannot be listed. */
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

/**
 * Removes the files of a rollback. Files that cannot be removed are found at the next start, when the journal
 * already has the outcome.
 */
export async function dropRollback(state: StateDirectory, id: string): Promise<void> {
  const directory = place(state, id);
  await attempt(state, directory, async () => {
    for (const name of await namesIn(directory)) await removeFile(path.join(directory, name));
    await removeEmptyDirectory(directory);
  });
}
