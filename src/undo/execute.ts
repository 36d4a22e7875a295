/**
 * Carries out a plan: each step checks its precondition, changes one thing, and is looked at; then somebody who knows nothing of it verifies. The first failure
 * undoes what was done, in reverse; of steps that have no way back each is taken that can be. What is written into the journal before and after is the
 * caller's (run.ts).
 */
import type { RollbackPart } from '../drift/events.ts';
import type { Step } from './step.ts';
import type { StepPorts, Taken } from './steps/kind.ts';
import { canTakeBack, kindOf } from './steps/kinds.ts';

/** What carrying out needs of the world around it. */
export interface Ports extends Pick<StepPorts, 'bytes'> {
  /** ms since the epoch. */
  readonly now: () => number;
  /** Looks at the target from outside; why it is not as it should be, undefined where it is. Where it throws it has not seen that. */
  readonly verify: () => Promise<string | undefined>;
}

/** How it ended. `why` is said in any case. */
export interface Execution {
  readonly result: 'applied' | 'undone' | 'failed';
  readonly parts: readonly RollbackPart[];
  readonly why: string;
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
    const why = await kindOf(step).takeBack?.(step, id, { bytes });
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

const whyOf = (taken: Taken) =>
  'done' in taken ? undefined : 'refused' in taken ? taken.refused : taken.failed;

/** Carries out the steps and verifies, or leaves everything as it was; `failed` where that could not be had either. */
export async function execute(steps: readonly Step[], id: string, ports: Ports): Promise<Execution> {
  return canTakeBack(steps) ? await executeOrUndo(steps, id, ports) : await executeAll(steps, id, ports);
}

async function verified({ now, verify }: Ports, parts: RollbackPart[]): Promise<string | undefined> {
  const start = now();
  // Who cannot look has not seen that it is right: an intent without an outcome, and a change that nobody verified, would be left.
  const why = await verify().catch((error: unknown) =>
    error instanceof Error ? error.message : String(error),
  );
  parts.push({ part: 'verify', start, end: now(), ...(why === undefined ? {} : { why }) });
  return why;
}

async function executeOrUndo(steps: readonly Step[], id: string, ports: Ports): Promise<Execution> {
  const { now, bytes } = ports;
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
    const taken = await kindOf(step).take(step, id, { bytes });
    const why = whyOf(taken);
    parts.push(partOf('step', step, start, now(), why));
    // What failed half-way may have been done.
    if (!('refused' in taken)) done.push(step);
    if (why !== undefined) return await undo(`${step.path}: ${why}`);
  }
  const why = await verified(ports, parts);
  if (why !== undefined) return await undo(`verification failed: ${why}`);
  return { result: 'applied', parts, why: `${steps.length} put back` };
}

/** Takes every step that can be taken: what each takes away nobody should have, whatever becomes of the others. */
async function executeAll(steps: readonly Step[], id: string, ports: Ports): Promise<Execution> {
  const { now, bytes } = ports;
  const parts: RollbackPart[] = [];
  const failed: Step[] = [];
  let needless = 0;
  let first: string | undefined;
  for (const step of steps) {
    const start = now();
    const taken = await kindOf(step).take(step, id, { bytes, failed });
    const why = whyOf(taken);
    parts.push(partOf('step', step, start, now(), why));
    if ('done' in taken && taken.needless !== undefined) needless++;
    if (why === undefined) continue;
    failed.push(step);
    first ??= `${step.path}: ${why}`;
  }
  const wrong = await verified(ports, parts);
  const removed = steps.length - failed.length - needless;
  const why = `${removed} removed, ${needless} healed meanwhile, ${failed.length} failed`;
  const bad = first ?? (wrong === undefined ? undefined : `verification failed: ${wrong}`);
  return bad === undefined
    ? { result: 'applied', parts, why }
    : { result: 'failed', parts, why: `${why}: ${bad}; what was removed stays removed` };
}
