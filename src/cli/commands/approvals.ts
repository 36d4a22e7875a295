/** `godrift approvals`, `approve`, `deny`, `confirm`, and `godrift rollback pause|resume|release`: what people say of rollbacks. */
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

export interface SaidOptions extends InspectOptions {
  readonly reason?: string;
}

const seeApprovals = 'see godrift approvals';

const iso = (ms: number) => new Date(ms).toISOString();

/** Who says it, and why. */
const saidBy = ({ reason }: SaidOptions) => ({
  who: whoAmI(),
  ...(reason === undefined ? {} : { reason }),
});

/** An id as it may stand in a path. Throws AppError for what is none. */
function checkedId(id: string): string {
  if (/^[0-9a-f]{16}$/.test(id)) return id;
  throw new AppError(`cannot find ${visible(id)}`, 'it is no id of a rollback', seeApprovals);
}

const waitingLine = ({ id, target, facet, who, trigger, reason, files, expires }: WaitingPlan) =>
  `${id}  ${facet} of ${target}  asked for by ${who} (${trigger})${reason === undefined ? '' : `: ${reason}`}\n` +
  `    ${files.join(', ')}\n    until ${iso(expires)}: godrift approve ${id}, or godrift deny ${id}\n`;

/** What waits to be confirmed, as a document. */
interface ShownUnconfirmed extends Pick<Unconfirmed, 'target' | 'workspace' | 'facet'> {
  readonly id: string;
  /** Absent where it is taken back only when a person says so. */
  readonly confirm_by?: string;
  readonly tried: boolean;
  /** Its time is over, and it was not taken back yet. */
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
    return `${what}, and could not be taken back (godrift events), which is not tried again by itself: ${orNot}\n`;
  if (!overdue) return `${what}, and is taken back at ${by}: ${orNot}\n`;
  const whoever = tried
    ? 'the next godrift try, rollback or baseline accept, or an exporter,'
    : 'an exporter';
  return `${what}, and its time was over at ${by}: ${whoever} takes it back, unless: godrift confirm ${id}; at once: godrift deny ${id}\n`;
}

/** Prints what waits; returns 0. */
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
  // Line breaks are ours; what stands in a line is not.
  const text = lines.flatMap((line) => line.split('\n').map(visible)).filter((line) => line !== '');
  const shown = text.length === 0 ? 'nothing waits' : text.join('\n');
  terminal.stdout.write(`${withTargetArguments(shown, targetArgumentsOf(terminal, options))}\n`);
  return 0;
}

/** Shows a plan that waits, asks, and has the exporter carry it out. 0 done; 1 refused, failed, undone, or not wanted. Throws AppError. */
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
  // It is refused by the exporter, which tells the journal why.
  if (shown.plan !== plan) terminal.stderr.write('this is another plan than the one that waits\n');
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
        refuse(503, 'no exporter runs that could carry it out: godrift serve'),
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

/** A plan that waited and was refused. */
interface Denied {
  readonly target: string;
  readonly facet: Facet;
}

/** What waited to be confirmed and was taken back. */
export interface DeniedAnswer {
  readonly taken_back: readonly TakenBack[];
}

/** What became of each facet, in lines. */
export const backLines = ({ taken_back: done }: DeniedAnswer): string =>
  done.map((one) => `${visible(backLine(one))}\n`).join('');

/** Refuses a plan that waits, or takes back what waits to be confirmed; 1 where that could not be. */
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

/** Confirms a rollback or a try, also one whose time is over and that nobody took back yet: then a person has said what is right. Returns 0. */
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

/** Stops rollbacks that alerts ask for, or lets them go on; returns 0. */
export async function runPause(
  terminal: Terminal,
  action: 'pause' | 'resume',
  options: SaidOptions,
): Promise<number> {
  await control(terminal, stateDirectoryOf(terminal, options), { action, ...saidBy(options) });
  terminal.stdout.write(
    action === 'pause'
      ? 'paused: until godrift rollback resume no alert rolls anything back\n'
      : 'rollbacks go on\n',
  );
  return 0;
}

/** Releases a target from quarantine; returns 0. Throws AppError where nothing of it is held. */
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
