/**
 * Checks a plan that changes which Go builds before anything is written: observes the target with the planned
 * files and the go that the planned links lead to. The plan is refused with every reason at once, by the
 * rules that judge any target. The verification after the rollback checks what really happened.
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

/**
 * Returns the conflicts that stop builds and held neither before the rollback nor when the record was made. A
 * rollback must not introduce one.
 */
export function newConflicts(
  findings: Found['findings'],
  known: readonly KnownFinding[],
): readonly Found['findings'][number][] {
  return unknownFindings(
    findings.filter(({ kind, level }) => kind === 'conflict' && levelNumber(level) >= levelNumber('major')),
    known,
  );
}

/**
 * Returns every reason against the Go that a plan brings back; empty if there is none, or if the plan does
 * not change which Go builds.
 */
export async function preflight(
  terminal: Terminal,
  request: RollbackRequest,
  { plan, kept, wanted, go: brought }: Prepared,
  { looked, approved }: { readonly looked: Inspection; readonly approved: Entries },
): Promise<readonly string[]> {
  const { trial } = request;
  const steps = plan.steps.filter(isEntryStep);
  // A plan that replaces a directory tree checks every file against its approved hash.
  if (brought === undefined || steps.length < plan.steps.length) return [];
  const { after, go } = await lookAtPlan(terminal, request, { steps, contents: plan.contents }, looked);
  const { state } = after;
  const before = kept?.record.conflicts ?? [];
  // The same rule about another path to the same tree is not a new conflict.
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
  // No need to try a build that is known to fail.
  return reasons.length > 0 || trial === undefined
    ? reasons
    : await tryPlan(terminal, { request, trial, plan, go, after, approved });
}
