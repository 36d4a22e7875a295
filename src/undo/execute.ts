/**
 * Carries out a plan: each step checks its precondition, changes one name, and is looked at; then somebody who knows nothing of it verifies. The first failure
 * undoes what was done, in reverse. What is written into the journal before and after is the caller's (run.ts).
 */
import path from 'node:path';
import type { RollbackPart } from '../drift/events.ts';
import { ensureDirectory, removeEmptyDirectory } from '../host/atomic.ts';
import { changeEntry } from '../host/change-entry.ts';
import { type EntryState, isSameEntry, readEntry } from '../host/entry-state.ts';
import { errorCode, isSystemError } from '../host/errors.ts';
import { systemReason } from '../store/state-directory.ts';
import type { Step } from './plan.ts';

/** What carrying out needs of the world around it. */
export interface Ports {
  /** ms since the epoch. */
  readonly now: () => number;
  /** The bytes of a digest, those before a step too. */
  readonly bytes: (digest: string) => Uint8Array | undefined;
  /** Looks at the target from outside; why it is not as it should be, undefined where it is. */
  readonly verify: () => Promise<string | undefined>;
}

/** How it ended. `why` is said in any case. */
export interface Execution {
  readonly result: 'applied' | 'undone' | 'failed';
  readonly parts: readonly RollbackPart[];
  readonly why: string;
}

/** What stands there, in words. */
export function stateText(state: EntryState): string {
  switch (state.kind) {
    case 'absent':
      return 'nothing';
    case 'file':
      return `a file of ${state.size} bytes (sha256 ${state.sha256.slice(0, 12)}, mode ${state.mode.toString(8).padStart(4, '0')})`;
    case 'link':
      return `a link to ${state.to}`;
    case 'other':
      return state.what;
  }
}

/** What became of a change: `refused` where the name was left alone, `failed` where it may be as it was or as it was to be. */
type Taken = { readonly done: true } | { readonly refused: string } | { readonly failed: string };

/** Changes one name and looks at it. */
async function change(
  { directory, name, makes = [] }: Step,
  { before, after }: Pick<Step, 'before' | 'after'>,
  id: string,
  bytes: Ports['bytes'],
): Promise<Taken> {
  const content = after.kind === 'file' ? bytes(after.sha256) : undefined;
  if (after.kind === 'file' && content === undefined)
    return { refused: 'what is to be put there is not kept any more' };
  try {
    if (before.kind === 'absent') for (const made of makes) await ensureDirectory(made, 0o755);
    const changed = await changeEntry(
      { directory, name, before, after, ...(content === undefined ? {} : { bytes: content }) },
      id,
    );
    if (changed !== 'done')
      return { refused: `${stateText(changed.changed)} stands there, and ${stateText(before)} was expected` };
    const { state } = await readEntry(path.join(directory, name));
    return isSameEntry(state, after)
      ? { done: true }
      : { failed: `${stateText(state)} stands there afterwards` };
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const code = errorCode(error);
    return code === 'ESTALE'
      ? { refused: `${directory} is another directory now` }
      : { failed: systemReason(error) };
  }
}

/** Takes one step back; why not, where it could not be. */
async function changeBack(step: Step, id: string, bytes: Ports['bytes']): Promise<string | undefined> {
  try {
    const { state } = await readEntry(path.join(step.directory, step.name));
    if (!isSameEntry(state, step.before)) {
      const taken = await change(step, { before: step.after, after: step.before }, id, bytes);
      if (!('done' in taken)) return 'refused' in taken ? taken.refused : taken.failed;
    }
    for (const made of [...(step.makes ?? [])].reverse()) await removeEmptyDirectory(made);
    return undefined;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return systemReason(error);
  }
}

/** Takes steps back, the last first. Why one could not be, undefined where all were. A name that is as it was before needs nothing. */
export async function takeBack(
  steps: readonly Step[],
  id: string,
  { now, bytes }: Pick<Ports, 'now' | 'bytes'>,
  parts: RollbackPart[],
): Promise<string | undefined> {
  let left: string | undefined;
  for (const step of [...steps].reverse()) {
    const start = now();
    const why = await changeBack(step, id, bytes);
    parts.push(partOf('undo', step, start, now(), why));
    if (why !== undefined) left ??= `${step.path}: ${why}`;
  }
  return left;
}

function partOf(
  part: 'step' | 'undo',
  { kind, path: file }: Step,
  start: number,
  end: number,
  why: string | undefined,
): RollbackPart {
  return { part, kind, path: file, start, end, ...(why === undefined ? {} : { why }) };
}

/** Carries out the steps and verifies, or leaves everything as it was; `failed` where that could not be had either. */
export async function execute(steps: readonly Step[], id: string, ports: Ports): Promise<Execution> {
  const { now, bytes, verify } = ports;
  const parts: RollbackPart[] = [];
  const done: Step[] = [];
  const undo = async (why: string): Promise<Execution> => {
    const left = await takeBack(done, id, ports, parts);
    return left === undefined
      ? { result: 'undone', parts, why }
      : { result: 'failed', parts, why: `${why}; and it could not be undone: ${left}` };
  };
  for (const step of steps) {
    const start = now();
    const taken = await change(step, step, id, bytes);
    const why = 'done' in taken ? undefined : 'refused' in taken ? taken.refused : taken.failed;
    parts.push(partOf('step', step, start, now(), why));
    // What failed half-way may have been done.
    if (!('refused' in taken)) done.push(step);
    if (why !== undefined) return await undo(`${step.path}: ${why}`);
  }
  const start = now();
  const why = await verify();
  parts.push({ part: 'verify', start, end: now(), ...(why === undefined ? {} : { why }) });
  if (why !== undefined) return await undo(`verification failed: ${why}`);
  return { result: 'applied', parts, why: `${steps.length} put back` };
}
