/**
 * `godrift rollback`: shows the plan, asks, and carries it out in a running exporter or, without one, in this
 * process under the lock.
 */
import { AppError } from '../../catalog/errors.ts';
import type { Facet } from '../../catalog/facets.ts';
import { visible, visibleJson } from '../../catalog/visible.ts';
import { systemClock } from '../../host/machine.ts';
import type { Outcome } from '../../store/record-exemption.ts';
import { hasKeptRollbacks } from '../../store/rollbacks.ts';
import { longestTrialMs, type RollbackPolicy } from '../../undo/policy.ts';
import { isTreeKind } from '../../undo/step.ts';
import { longestFetchMs } from '../../undo/steps/fetch.ts';
import { record, underLock, whoAmI } from '../record.ts';
import { resolveHealedDrifts } from '../resolve-drifts.ts';
import type { PlanDocument } from '../rollback/document.ts';
import {
  isNothing,
  performRollback,
  planRequest,
  type RollbackBody,
  variableName,
} from '../rollback/perform.ts';
import { confirmLines, renderPlan } from '../rollback/render.ts';
import type { RollbackRequest } from '../rollback/request.ts';
import { rulesAt } from '../rollback/situation.ts';
import { backLine } from '../rollback/take-back.ts';
import { withSpinner } from '../spinner.ts';
import { targetArgumentsOf, withTargetArguments } from '../target-arguments.ts';
import type { Terminal } from '../terminal.ts';
import { isTryDue, takeBackAlone } from '../trying/alone.ts';
import { type WhichOptions, whichTarget } from '../which-target.ts';
import { shownDigits } from './baseline-list.ts';

/** Options of `godrift rollback`. */
export interface RollbackOptions extends WhichOptions {
  readonly facet: Facet;
  readonly keys: readonly string[];
  readonly to?: string;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly json: boolean;
}

/**
 * How long a running exporter may take to plan, try, fetch, apply, verify and run the following pass, ms.
 * Allows for the longest trial and fetch, since only the exporter knows its configuration.
 */
export const doneWithinMs = 120_000 + longestTrialMs + longestFetchMs;

/**
 * Runs `godrift rollback`. Returns 0 if the rollback was applied or there is nothing to do, and 1 if it was
 * refused, failed, undone or declined. Throws AppError if the target cannot be observed.
 */
export async function runRollbackCommand(
  terminal: Terminal,
  directory: string | undefined,
  options: RollbackOptions,
): Promise<number> {
  const { target, stateDirectory, policy } = await whichTarget(terminal, directory, options);
  if (!options.dryRun) await recover(terminal, stateDirectory);
  const request: RollbackRequest = {
    target,
    stateDirectory,
    facet: options.facet,
    ...(options.keys.length === 0 ? {} : { names: namesOf(options) }),
    ...(options.to === undefined ? {} : { to: options.to }),
    ...(policy.download === undefined ? {} : { download: policy.download }),
  };
  const { trial } = policy;
  const tried = trial === undefined ? request : { ...request, trial };
  // The configured trial may take minutes: it runs once, after the user has seen the plan and agreed.
  const shown = await withSpinner(terminal.stderr, 'looking at the Go environment', async () =>
    planRequest(options.dryRun ? tried : request, terminal, await rulesAt(systemClock(), request, policy)),
  );
  const told = targetArgumentsOf(terminal, options, directory);
  if (!options.json) terminal.stdout.write(withTargetArguments(renderPlan(terminal, shown), told));
  const print = (document: PlanDocument) => {
    if (options.json) terminal.stdout.write(`${visibleJson(document)}\n`);
  };
  const isEmpty = isNothing(shown);
  if (isEmpty || options.dryRun) {
    print(options.dryRun ? shown : { ...shown, result: 'applied' });
    return shown.refusals.length > 0 || (isEmpty && shown.left.length > 0) ? 1 : 0;
  }
  // A plan that is refused now must not be carried out a moment later without asking, once the reason is
  // gone.
  if (!options.yes && (shown.refusals.length > 0 || !(await isWanted(terminal)))) {
    print(shown);
    return 1;
  }
  const { done, isAlone } = await withSpinner(terminal.stderr, 'rolling back and verifying', () =>
    perform(terminal, tried, shown, policy),
  );
  print(done);
  if (!options.json)
    terminal.stdout.write(
      withTargetArguments(`${endLines(done, shown)}${confirmLines(done, isAlone)}`, told),
    );
  return done.result === 'applied' && done.left.length === 0 ? 0 : 1;
}

/** Returns the lines about the outcome. A refusal that was printed with the plan is not repeated. */
function endLines(
  { result, why, refusals, steps, replaced = '' }: PlanDocument,
  shown: PlanDocument,
): string {
  if (result === 'refused')
    return refusals
      .filter((reason) => !shown.refusals.includes(reason))
      .map((reason) => `refused: ${visible(reason)}\n`)
      .join('');
  // No copy is kept of directories, so that they cannot be restored.
  const hasBefore =
    result === 'applied' &&
    replaced !== '' &&
    steps.some(({ kind }) => !isTreeKind(kind) && kind !== 'fetch-zip');
  const back = `what was there before: godrift rollback --to ${replaced.slice(0, shownDigits)}`;
  return `${visible(why ?? result)}\n${hasBefore ? `${back}\n` : ''}`;
}

/**
 * Converts `--key` options to variable names (`'env.GOFLAGS'` and `'GOFLAGS'` → `'GOFLAGS'`). Throws AppError
 * for other text.
 */
const namesOf = ({ keys }: RollbackOptions) =>
  keys.map((key) => {
    const name = key.replace(/^env\./, '');
    if (variableName.test(name)) return name;
    throw new AppError(`cannot use --key ${key}`, 'it is not a variable name', 'name one, such as GOFLAGS');
  });

/**
 * Asks the user whether to carry out the plan. Returns false for any answer but yes, without a terminal, and
 * if stdout was closed so that the plan could not be shown.
 */
export async function isWanted(terminal: Terminal): Promise<boolean> {
  await terminal.stdout.written?.();
  if (terminal.stdout.lost?.aborted === true) {
    terminal.stderr.write('nothing was done: the plan could not be shown\n');
    return false;
  }
  if (terminal.isInteractive?.() !== true) {
    terminal.stderr.write('nothing was done: there is no terminal to ask on, give --yes\n');
    return false;
  }
  terminal.stderr.write('Do it? [y/N] ');
  let answer = '';
  for await (const chunk of terminal.stdin?.() ?? []) {
    answer += Buffer.from(chunk).toString('utf8');
    if (answer.includes('\n') || answer.length > 100) break;
  }
  const wanted = /^y(es)?\r?\n/i.test(answer);
  if (!wanted) terminal.stderr.write('nothing was done\n');
  return wanted;
}

/**
 * Undoes rollbacks that a crash interrupted and reverts trials that were not confirmed in time, and reports
 * both on stderr. Does nothing if an exporter is running, which does both itself.
 */
export async function recover(terminal: Terminal, stateDirectory: string): Promise<void> {
  if (!hasKeptRollbacks(stateDirectory) && !(await isTryDue(stateDirectory))) return;
  const done = await underLock(terminal, stateDirectory, async (recorder) => {
    const back = await takeBackAlone(recorder, undefined, { place: terminal });
    return back.ok ? back.value.taken_back.map(backLine) : [];
  });
  for (const line of done?.value ?? []) terminal.stderr.write(`godrift: ${visible(line)}\n`);
}

/**
 * Carries out the plan that was shown; it is refused if it would be a different plan now. `isAlone` is true
 * if this process did it because no exporter is running.
 */
async function perform(
  terminal: Terminal,
  request: RollbackRequest,
  shown: PlanDocument,
  policy: RollbackPolicy,
): Promise<{ readonly done: PlanDocument; readonly isAlone: boolean }> {
  const { target, facet, names, to, stateDirectory } = request;
  const who = whoAmI();
  const body: RollbackBody = {
    target: target.name,
    workspace: target.workspace,
    facet,
    ...(names === undefined ? {} : { names: [...names] }),
    ...(to === undefined ? {} : { to }),
    dry_run: false,
    plan: shown.plan,
    who,
  };
  let isAlone = false;
  const done = await record<PlanDocument>(
    terminal,
    stateDirectory,
    'roll back',
    { method: 'POST', path: '/api/v1/rollbacks', body, answerMs: doneWithinMs },
    async (recorder): Promise<Outcome<PlanDocument>> => {
      isAlone = true;
      const asking = { who, mode: 'manual', trigger: 'cli', shown: shown.plan } as const;
      const rules = await rulesAt(recorder.now(), request, policy);
      const value = await performRollback(recorder, request, asking, terminal, rules);
      if (value.result === 'applied') await resolveHealedDrifts(terminal, recorder, target);
      return { ok: true, value };
    },
  );
  return { done, isAlone };
}
