/**
 * Decisions of people about rollbacks: `godrift approvals`, `approve`, `deny`, `confirm` and `godrift
 * rollback pause|resume|release`.
 */
import { AppError } from '../../catalog/errors.ts';
import type { Facet } from '../../catalog/facets.ts';
import { visible, visibleJson } from '../../catalog/visible.ts';
import { onlyByPerson } from '../../drift/retry-text.ts';
import { systemClock } from '../../host/machine.ts';
import { type Outcome, refuse } from '../../store/record-exemption.ts';
import { peekMemory } from '../../undo/keep-memory.ts';
import { isHeld, type Unconfirmed, unconfirmedIn, type WaitingPlan, waitingAt } from '../../undo/memory.ts';
import { type InspectOptions, stateDirectoryOf } from '../inspect.ts';
import { record, whoAmI } from '../record.ts';
import { type Control, controlRollbacks, denyWaiting, waitingOf } from '../rollback/controls.ts';
import type { PlanDocument } from '../rollback/document.ts';
import { planRequest } from '../rollback/perform.ts';
import { confirmLines, renderPlan } from '../rollback/render.ts';
import { rulesAt } from '../rollback/situation.ts';
import { backLine, type TakenBack, unconfirmedWith } from '../rollback/take-back.ts';
import { withSpinner } from '../spinner.ts';
import { targetArgumentsOf, withTargetArguments } from '../target-arguments.ts';
import type { Terminal } from '../terminal.ts';
import { takeBackAlone } from '../trying/alone.ts';
import { type WhichOptions, whichTarget } from '../which-target.ts';
import { doneWithinMs, isWanted } from './rollback.ts';

/** Options of a command that records a decision. */
export interface SaidOptions extends InspectOptions {
  readonly reason?: string;
}

const seeApprovals = 'see godrift approvals';

const iso = (ms: number) => new Date(ms).toISOString();

/** Returns the actor and the reason of a decision, as the journal records them. */
const saidBy = ({ reason }: SaidOptions) => ({
  who: whoAmI(),
  ...(reason === undefined ? {} : { reason }),
});

/** Returns the id if it is safe in a URL path (16 hex digits). Throws AppError otherwise. */
function checkedId(id: string): string {
  if (/^[0-9a-f]{16}$/.test(id)) return id;
  throw new AppError(`cannot find ${visible(id)}`, 'it is not a rollback id', seeApprovals);
}

const waitingLine = ({ id, target, facet, who, trigger, reason, files, expires }: WaitingPlan) =>
  `${id}  ${facet} of ${target}  asked for by ${who} (${trigger})${reason === undefined ? '' : `: ${reason}`}\n` +
  `    ${files.join(', ')}\n    until ${iso(expires)}: godrift approve ${id}, or godrift deny ${id}\n`;

/** An unconfirmed rollback or trial, as `approvals --json` shows it. */
interface ShownUnconfirmed extends Pick<Unconfirmed, 'target' | 'workspace' | 'facet'> {
  readonly id: string;
  /** Absent if only a person may revert it. */
  readonly confirm_by?: string;
  readonly tried: boolean;
  /** The deadline has passed, and it is not reverted yet. */
  readonly overdue: boolean;
}

function shownUnconfirmed({ target, workspace, facet, confirm }: Unconfirmed, now: number): ShownUnconfirmed {
  const { id, by, trial } = confirm;
  return {
    ...{ id, target, workspace, facet, tried: trial !== undefined },
    ...(by >= onlyByPerson ? {} : { confirm_by: iso(by) }),
    overdue: by >= onlyByPerson || by <= now,
  };
}

function unconfirmedLine({ id, target, facet, confirm_by: by, tried, overdue }: ShownUnconfirmed): string {
  const what = `${id}  ${facet} of ${target}  ${tried ? 'is tried' : 'was rolled back'}`;
  const orNot = `godrift confirm ${id}, or godrift deny ${id}`;
  if (by === undefined)
    return `${what}; taking it back failed (see godrift events) and is not retried: ${orNot}\n`;
  if (!overdue) return `${what}, and is taken back at ${by}: ${orNot}\n`;
  const whoever = tried
    ? 'the next godrift try, rollback or baseline accept, or an exporter,'
    : 'an exporter';
  return `${what}, and its time was over at ${by}: ${whoever} takes it back, unless: godrift confirm ${id}; at once: godrift deny ${id}\n`;
}

/** Prints the plans that wait for approval and the changes that wait for confirmation; returns 0. */
export async function runApprovals(
  terminal: Terminal,
  options: InspectOptions & { readonly json: boolean },
): Promise<number> {
  const memory = await peekMemory(stateDirectoryOf(terminal, options));
  const now = systemClock();
  const waiting = waitingAt(memory, now);
  const unconfirmed = unconfirmedIn(memory).map((one) => shownUnconfirmed(one, now));
  if (options.json) {
    const shown = waiting.map(({ asked, expires, ...rest }) => ({
      ...rest,
      asked: iso(asked),
      expires: iso(expires),
    }));
    terminal.stdout.write(`${visibleJson({ waiting: shown, unconfirmed, paused: memory.paused })}\n`);
    return 0;
  }
  const { paused } = memory;
  const lines = [
    ...(paused === undefined ? [] : [`rollbacks are paused by ${paused.who} since ${iso(paused.since)}\n`]),
    ...waiting.map(waitingLine),
    ...unconfirmed.map(unconfirmedLine),
  ];
  // Only the line breaks are trusted; the rest of each line may hold control characters.
  const text = lines.flatMap((line) => line.split('\n').map(visible)).filter((line) => line !== '');
  const shown = text.length === 0 ? 'nothing waits' : text.join('\n');
  terminal.stdout.write(`${withTargetArguments(shown, targetArgumentsOf(terminal, options))}\n`);
  return 0;
}

/**
 * Shows a waiting plan, asks for confirmation and has the exporter carry it out. Returns 0 if it was applied,
 * and 1 if it was refused, failed, undone or declined. Throws AppError if there is no such plan or no
 * exporter.
 */
export async function runApprove(
  terminal: Terminal,
  given: string,
  options: WhichOptions & SaidOptions & { readonly yes: boolean; readonly json: boolean },
): Promise<number> {
  const id = checkedId(given);
  const directory = stateDirectoryOf(terminal, options);
  const waiting = waitingOf(await peekMemory(directory), id, systemClock());
  if ('problem' in waiting) throw new AppError(`cannot approve ${id}`, waiting.problem, seeApprovals);
  const { target: name, workspace, facet, plan, record: to } = waiting;
  const { target, policy } = await whichTarget(terminal, workspace === '' ? undefined : workspace, {
    ...options,
    target: name,
    stateDirectory: directory,
  });
  const request = {
    target,
    stateDirectory: directory,
    facet,
    ...(to === undefined ? {} : { to }),
    ...(policy.download === undefined ? {} : { download: policy.download }),
  };
  const shown = await withSpinner(terminal.stderr, 'looking at the Go environment', async () =>
    planRequest(request, terminal, await rulesAt(systemClock(), request, policy)),
  );
  const told = targetArgumentsOf(terminal, options);
  if (!options.json) terminal.stdout.write(withTargetArguments(renderPlan(terminal, shown), told));
  // The call is made all the same: the exporter refuses it and journals why.
  if (shown.plan !== plan)
    terminal.stderr.write('this plan differs from the one that waits for approval: it will be refused\n');
  if (!options.yes && !(await isWanted(terminal))) return 1;
  const done = await withSpinner(terminal.stderr, 'rolling back and verifying', () =>
    record<PlanDocument>(
      terminal,
      directory,
      `approve ${id}`,
      {
        method: 'POST',
        path: `/api/v1/rollbacks/${id}/approve`,
        body: saidBy(options),
        answerMs: doneWithinMs,
      },
      async (): Promise<Outcome<PlanDocument>> =>
        refuse(503, 'no exporter is running to carry it out: start godrift serve'),
    ),
  );
  if (options.json) terminal.stdout.write(`${visibleJson(done)}\n`);
  else
    terminal.stdout.write(
      withTargetArguments(
        `${visible(done.result === 'refused' ? `refused: ${done.refusals.join('; ')}` : (done.why ?? done.result))}\n${confirmLines(done)}`,
        told,
      ),
    );
  return done.result === 'applied' ? 0 : 1;
}

/** The answer for a waiting plan that was denied. */
interface Denied {
  readonly target: string;
  readonly facet: Facet;
}

/** The answer for an unconfirmed change that was denied, and so reverted. */
export interface DeniedAnswer {
  readonly taken_back: readonly TakenBack[];
}

/** Returns one line for each facet, with the outcome of its revert. */
export const backLines = ({ taken_back: done }: DeniedAnswer): string =>
  done.map((one) => `${visible(backLine(one))}\n`).join('');

/**
 * Denies a waiting plan, or reverts an unconfirmed change. Returns 0, or 1 if a facet could not be reverted.
 */
export async function runDeny(terminal: Terminal, given: string, options: SaidOptions): Promise<number> {
  const id = checkedId(given);
  const said = saidBy(options);
  const directory = stateDirectoryOf(terminal, options);
  const denied = await record<Denied | DeniedAnswer>(
    terminal,
    directory,
    `deny ${id}`,
    { method: 'POST', path: `/api/v1/rollbacks/${id}/deny`, body: said, answerMs: doneWithinMs },
    async (recorder): Promise<Outcome<Denied | DeniedAnswer>> => {
      const memory = await peekMemory(directory);
      return unconfirmedWith(memory, { id }).length > 0
        ? await takeBackAlone(recorder, id, { place: terminal, denied: said })
        : await denyWaiting(recorder, memory, id, said, terminal);
    },
    seeApprovals,
  );
  if ('taken_back' in denied) {
    terminal.stdout.write(backLines(denied));
    return denied.taken_back.every(({ result }) => ['applied', 'nothing'].includes(result)) ? 0 : 1;
  }
  terminal.stdout.write(visible(`denied: ${denied.facet} of ${denied.target} stays as it is`).concat('\n'));
  return 0;
}

/**
 * Confirms a rollback or a trial; returns 0. Also accepts one that is overdue but not yet reverted, since a
 * person's decision takes precedence over the deadline.
 */
export async function runConfirm(terminal: Terminal, given: string, options: SaidOptions): Promise<number> {
  const id = checkedId(given);
  const said = saidBy(options);
  const directory = stateDirectoryOf(terminal, options);
  const [open] = unconfirmedWith(await peekMemory(directory), { id });
  await record(
    terminal,
    directory,
    `confirm ${id}`,
    { method: 'POST', path: `/api/v1/rollbacks/${id}/confirm`, body: said },
    async (recorder) =>
      controlRollbacks(recorder, { action: 'confirm', id, ...said }, await peekMemory(directory)),
    seeApprovals,
  );
  const by = open?.confirm.by ?? Number.POSITIVE_INFINITY;
  const late = by <= systemClock() ? ` after its time (${iso(by)}), before it was taken back` : '';
  terminal.stdout.write(`confirmed${late}: what ${id} changed stays\n`);
  return 0;
}

async function control(terminal: Terminal, directory: string, said: Control): Promise<void> {
  await record(
    terminal,
    directory,
    `${said.action} rollbacks`,
    { method: 'POST', path: '/api/v1/rollbacks/control', body: said },
    (recorder) => controlRollbacks(recorder, said),
  );
}

/** Pauses or resumes rollbacks that alerts request; returns 0. */
export async function runPause(
  terminal: Terminal,
  action: 'pause' | 'resume',
  options: SaidOptions,
): Promise<number> {
  await control(terminal, stateDirectoryOf(terminal, options), { action, ...saidBy(options) });
  terminal.stdout.write(
    action === 'pause'
      ? 'paused: no alert rolls anything back until godrift rollback resume\n'
      : 'resumed: alerts may roll back again\n',
  );
  return 0;
}

/** Releases facets of a target whose rollbacks are held back; returns 0. Throws AppError if none is. */
export async function runRelease(
  terminal: Terminal,
  directory: string | undefined,
  options: WhichOptions & SaidOptions & { readonly facet?: Facet },
): Promise<number> {
  const { target, stateDirectory } = await whichTarget(terminal, directory, options);
  const { name, workspace } = target;
  const held = Object.values((await peekMemory(stateDirectory)).facets).filter(isHeld);
  const of = held
    .filter((one) => one.target === name && one.workspace === workspace)
    .map(({ facet }) => facet)
    .filter((facet) => options.facet === undefined || facet === options.facet);
  if (of.length === 0)
    throw new AppError(
      `cannot release ${options.facet === undefined ? '' : `${options.facet} of `}${name} (${workspace || 'the host'})`,
      'no rollback of it is held back',
      held.length === 0
        ? 'nothing else is either: see godrift events'
        : `name what is: ${held.map((one) => `${one.facet} of ${one.target} (${one.workspace || 'the host'})`).join(', ')}`,
    );
  await control(terminal, stateDirectory, {
    action: 'release',
    ...saidBy(options),
    target: name,
    workspace,
    facets: of,
  });
  terminal.stdout.write(`${visible(`released: ${of.join(', ')} of ${name} may be rolled back again`)}\n`);
  return 0;
}
