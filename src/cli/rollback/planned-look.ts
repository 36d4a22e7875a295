/**
 * Observes a target as a plan would leave it: with the files that its steps write and the go that its links
 * lead to. Writes nothing.
 */
import path from 'node:path';
import { factsOf } from '../../drift/model.ts';
import { linkTarget } from '../../host/entry-state.ts';
import { readFile } from '../../host/files.ts';
import {
  type PlannedFile,
  type PlannedFiles,
  realPathWith,
  withPlannedFiles,
} from '../../host/planned-files.ts';
import type { EntryPlan } from '../../undo/plan.ts';
import type { EntryStep } from '../../undo/step.ts';
import { type Inspection, inspect } from '../inspect.ts';
import type { Terminal } from '../terminal.ts';
import type { RollbackRequest } from './request.ts';

const whereOf = ({ directory, name }: EntryStep) => path.join(directory, name);

type Steps = Pick<EntryPlan, 'steps' | 'contents'>;

/** Returns the file that a step leaves; undefined where its bytes are not known. */
function plannedFile(step: EntryStep, contents: Steps['contents']): PlannedFile | undefined {
  const { after, directory } = step;
  if (after.kind === 'absent') return { kind: 'absent' };
  if (after.kind === 'file') {
    const bytes = contents.get(after.sha256);
    if (bytes === undefined) return undefined;
    const { sha256, mode, uid } = after;
    return { kind: 'file', real: whereOf(step), bytes, sha256, mode, uid };
  }
  if (after.kind !== 'link') return undefined;
  const real = linkTarget(directory, after.to);
  const read = readFile({ root: '/', path: real });
  if (!read.ok) return read.failure === 'absent' ? { kind: 'absent' } : undefined;
  const { bytes, owner: uid } = read;
  return { kind: 'file', real, bytes, sha256: '0', mode: 0o600, uid };
}

function plannedFiles(steps: readonly EntryStep[], contents: Steps['contents']): PlannedFiles {
  return new Map(
    steps.flatMap((step) => {
      const planned = step.role === 'toolchain-link' ? undefined : plannedFile(step, contents);
      return planned === undefined ? [] : [[step.path, planned] as const, [whereOf(step), planned] as const];
    }),
  );
}

/** Returns the go that PATH leads to once the plan has changed its links; undefined where it changes none. */
function plannedGo(
  steps: readonly EntryStep[],
  { observation }: Inspection,
  terminal: Terminal,
): string | undefined {
  const links = new Map(
    steps.flatMap((step) =>
      step.role === 'toolchain-link' && step.after.kind === 'link'
        ? [[whereOf(step), step.after.to] as const]
        : [],
    ),
  );
  if (links.size === 0) return undefined;
  const first = factsOf(observation, 'toolchain')?.candidates[0]?.path;
  const onPath = (terminal.env.get('PATH') ?? '').split(':').map((directory) => path.join(directory, 'go'));
  for (const file of first === undefined ? onPath : [first]) {
    const real = file.startsWith('/') ? realPathWith(file, links) : undefined;
    if (real !== undefined) return real;
  }
  return undefined;
}

/**
 * Observes the planned state. `go` is the go that would answer; undefined where the plan changes no link to
 * one.
 */
export async function lookAtPlan(
  terminal: Terminal,
  { target, stateDirectory }: Pick<RollbackRequest, 'target' | 'stateDirectory'>,
  { steps, contents }: Steps,
  looked: Inspection,
): Promise<{ readonly after: Inspection; readonly go: string | undefined }> {
  const go = plannedGo(steps, looked, terminal);
  const settings = go === undefined ? target : { ...target, go };
  const after = await withPlannedFiles(plannedFiles(steps, contents), () =>
    inspect(terminal, undefined, { settings, stateDirectory }),
  );
  return { after, go };
}
