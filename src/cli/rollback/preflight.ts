/**
 * A plan that decides which Go builds is tried before anything is written: the target is looked at as it would be, with the files as the plan makes them and the go that its links lead to.
 * So what a rollback would bring is refused with every reason at once, and by the rules that judge any target; verifying afterwards sees what really came.
 */
import { levelNumber } from '../../catalog/facets.ts';
import { type KnownFinding, unknownFindings } from '../../drift/known-finding.ts';
import type { Entries } from '../../drift/snapshot.ts';
import { isEntryStep } from '../../undo/step.ts';
import type { Inspection } from '../inspect.ts';
import type { Terminal } from '../terminal.ts';
import { lookAtPlan } from './planned-look.ts';
import type { Prepared } from './prepare.ts';
import type { Found, RollbackRequest } from './request.ts';
import { tryPlan } from './trial.ts';

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
  const { trial } = request;
  const steps = plan.steps.filter(isEntryStep);
  // A tree that is exchanged is held against what was approved file by file.
  if (brought === undefined || steps.length < plan.steps.length) return [];
  const { after, go } = await lookAtPlan(terminal, request, { steps, contents: plan.contents }, looked);
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
  // What is known not to build need not be tried.
  return reasons.length > 0 || trial === undefined
    ? reasons
    : await tryPlan(terminal, { request, trial, plan, go, after, approved });
}
