/**
 * Executes a plan. Each step checks its precondition, makes one change and checks the result; then the target
 * is verified from outside (a fresh process). The first failure reverts the completed steps in reverse order.
 * Plans whose steps cannot be reverted (cache repairs) run every step that can run. The caller writes the
 * journal before and after (run.ts).
 */
import type { RollbackPart } from '../drift/events.ts';
import type { Step } from './step.ts';
import type { StepPorts, Taken } from './steps/kind.ts';
import { canTakeBack, kindOf } from './steps/kinds.ts';

/** What the execution of a plan needs from its surroundings. */
export interface Ports extends Pick<StepPorts, 'bytes'> {
  /** ms since the epoch. */
  readonly now: () => number;
  /**
   * Measures the target from outside. Resolves to the reason why the target is not as planned, `undefined` if
   * it is. A rejection counts as a failed verification.
   */
  readonly verify: () => Promise<string | undefined>;
}

/** Result of an execution. `why` is always set. */
export interface Execution {
  readonly result: 'applied' | 'undone' | 'failed';
  readonly parts: readonly RollbackPart[];
  readonly why: string;
}

/**
 * Reverts steps, the last one first, and appends what happened to `parts`. A name that still is as it was
 * before its step needs no change. Returns the first reason why a step could not be reverted, `undefined` if
 * all were.
 */
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

/**
 * Executes the steps and verifies the result, or restores the state before. `failed` means that neither was
 * possible.
 */
export async function execute(steps: readonly Step[], id: string, ports: Ports): Promise<Execution> {
  return canTakeBack(steps) ? await executeOrUndo(steps, id, ports) : await executeAll(steps, id, ports);
}

async function verified({ now, verify }: Ports, parts: RollbackPart[]): Promise<string | undefined> {
  const start = now();
  // A verification that throws has verified nothing. Without this catch the intent would stay without an
  // outcome, and the change unverified.
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
    // A step that failed half-way may have changed the file.
    if (!('refused' in taken)) done.push(step);
    if (why !== undefined) return await undo(`${step.path}: ${why}`);
  }
  const why = await verified(ports, parts);
  if (why !== undefined) return await undo(`verification failed: ${why}`);
  return { result: 'applied', parts, why: `${steps.length} put back` };
}

/**
 * Executes every step that can run, whatever becomes of the others: what each of them removes is harmful in
 * any case.
 */
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
