/**
 * A plan that decides which Go builds is tried before anything is written: the target is looked at as it would be, with the files as the plan makes them and the go that its links lead to.
 * So what a rollback would bring is refused with every reason at once, and by the rules that judge any target; verifying afterwards sees what really came.
 */
import path from 'node:path';
import { levelNumber } from '../../catalog/facets.ts';
import { type KnownFinding, unknownFindings } from '../../drift/known-finding.ts';
import { factsOf } from '../../drift/model.ts';
import type { Entries } from '../../drift/snapshot.ts';
import { linkTarget } from '../../host/entry-state.ts';
import { readFile } from '../../host/files.ts';
import {
  type PlannedFile,
  type PlannedFiles,
  realPathWith,
  withPlannedFiles,
} from '../../host/planned-files.ts';
import type { EntryStep } from '../../undo/step.ts';
import { isEntryStep } from '../../undo/step.ts';
import { type Inspection, inspect } from '../inspect.ts';
import type { Terminal } from '../terminal.ts';
import type { Prepared } from './prepare.ts';
import type { Found, RollbackRequest } from './request.ts';
import { tryPlan } from './trial.ts';

const whereOf = ({ directory, name }: EntryStep) => path.join(directory, name);

/** What a step leaves under its name; undefined where the bytes of it are not known. */
function plannedFile(step: EntryStep, contents: Prepared['plan']['contents']): PlannedFile | undefined {
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

function plannedFiles(steps: readonly EntryStep[], contents: Prepared['plan']['contents']): PlannedFiles {
  return new Map(
    steps.flatMap((step) => {
      const planned = step.role === 'toolchain-link' ? undefined : plannedFile(step, contents);
      return planned === undefined ? [] : [[step.path, planned] as const, [whereOf(step), planned] as const];
    }),
  );
}

/** The go that PATH leads to with links as the plan makes them; undefined where it changes none of them. */
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

/** Conflicts that stop builds and that neither held before nor when the record was made: what a rollback must not bring. */
export function newConflicts(
  findings: Found['findings'],
  known: readonly KnownFinding[],
): readonly Found['findings'][number][] {
  return unknownFindings(
    findings.filter(({ kind, level }) => kind === 'conflict' && levelNumber(level) >= levelNumber('major')),
    known,
  );
}

/** Why the Go that the plan brings would not do, every reason; empty where it would, or the plan decides nothing of it. */
export async function preflight(
  terminal: Terminal,
  request: RollbackRequest,
  { plan, kept, wanted, go: brought }: Prepared,
  { looked, approved }: { readonly looked: Inspection; readonly approved: Entries },
): Promise<readonly string[]> {
  const { target, stateDirectory, trial } = request;
  const steps = plan.steps.filter(isEntryStep);
  // A tree that is exchanged is held against what was approved file by file.
  if (brought === undefined || steps.length < plan.steps.length) return [];
  const go = plannedGo(steps, looked, terminal);
  const settings = go === undefined ? target : { ...target, go };
  const after = await withPlannedFiles(plannedFiles(steps, plan.contents), () =>
    inspect(terminal, undefined, { settings, stateDirectory }),
  );
  const { state } = after;
  const before = kept?.record.conflicts ?? [];
  // What is said of another path to the same tree is nothing new.
  const rules = new Set(before.map(({ rule }) => rule));
  const bad = newConflicts(state.findings, looked.state.findings).filter(({ rule }) => !rules.has(rule));
  const [version, answers] = [approved.get('toolchain.version'), state.toolchain?.version];
  const isOther = wanted.includes('toolchain.version') && version !== undefined && answers !== version;
  const reasons = [
    ...(isOther
      ? [
          `preflight: ${answers === undefined ? 'no go' : `go${answers}`} would answer, and go${version} was approved`,
        ]
      : []),
    ...bad.map(({ summary }) => `preflight: it brings a new conflict: ${summary}`),
  ];
  // What cannot build needs not be tried.
  return reasons.length > 0 || trial === undefined
    ? reasons
    : await tryPlan(terminal, { request, trial, plan, go, after, approved });
}
