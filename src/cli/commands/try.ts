/**
 * `godrift try -- COMMAND`: runs a command whose changes are reverted unless they are confirmed in time
 * (decision 0109).
 */

import { AppError } from '../../catalog/errors.ts';
import { visible } from '../../catalog/visible.ts';
import { systemClock } from '../../host/machine.ts';
import { type HeldSignals, holdSignals } from '../../host/signals.ts';
import { runTriedCommand } from '../../host/tried-command.ts';
import { peekMemory } from '../../undo/keep-memory.ts';
import { record, whoAmI } from '../record.ts';
import { unconfirmedWith } from '../rollback/take-back.ts';
import { type Begun, beginTry, type Ended, endTry } from '../rollback/tries.ts';
import { targetArgumentsOf, withTargetArguments } from '../target-arguments.ts';
import type { Terminal } from '../terminal.ts';
import { takeBackAlone } from '../trying/alone.ts';
import { awaitDecision } from '../trying/await-decision.ts';
import { commandText } from '../trying/command-text.ts';
import { isTakenBack, type KeptBefore, keepAfter, keepBefore, type LeftAfter } from '../trying/keep.ts';
import { type Which, type WhichOptions, whichTarget } from '../which-target.ts';
import { backLines, type DeniedAnswer } from './approvals.ts';
import { recover } from './rollback.ts';

/** Options of `godrift try`; durations in ms. */
export interface TryOptions extends WhichOptions {
  readonly command: readonly string[];
  readonly confirmWithinMs: number;
  readonly timeoutMs: number;
  readonly reason?: string;
}

/** How long an exporter may take to journal a line or revert a change and run the pass that follows, ms. */
const answerWithinMs = 120_000;

/** A trial under way. */
interface Trying {
  readonly terminal: Terminal;
  readonly which: Which;
  readonly options: TryOptions;
  /** The command as it may be shown, without secrets. */
  readonly command: string;
  readonly signals: HeldSignals;
  /** Whether an exporter answered the last call: it then watches the deadline. */
  isWatched: boolean;
}

const say = ({ stderr }: Terminal, text: string) => stderr.write(`godrift: ${visible(text)}\n`);

/**
 * Runs `godrift try`. Returns 0 if the change stays or waits for confirmation, and 1 if the command failed or
 * its change was reverted. Throws AppError if the command was not run.
 */
export async function runTry(terminal: Terminal, options: TryOptions): Promise<number> {
  const [program, ...args] = options.command;
  if (program === undefined)
    throw new AppError('cannot try anything', 'no command was given', 'name one: godrift try -- go env -w …');
  const which = await whichTarget(terminal, undefined, options);
  await recover(terminal, which.stateDirectory);
  const command = commandText(options.command);
  const before = await keepBefore(terminal, which.target, which.stateDirectory, command);
  // From here on the change must be confirmed or reverted before a signal may end this process.
  const signals = holdSignals();
  try {
    return await tryCommand({ terminal, which, options, command, signals, isWatched: false }, before, [
      program,
      ...args,
    ]);
  } finally {
    signals.release();
  }
}

async function tryCommand(
  trying: Trying,
  before: KeptBefore,
  words: readonly [string, ...string[]],
): Promise<number> {
  const { terminal, which, options, signals } = trying;
  const start = systemClock();
  const { id } = await begin(trying, before);
  tellKept(trying, before);
  const failed =
    signals.came.size > 0
      ? 'it was interrupted before it began'
      : await runTriedCommand(words, { cwd: terminal.cwd, timeoutMs: options.timeoutMs });
  // A terminal sends these signals to the command too, which has handled them.
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) signals.forget(signal);
  const after = await keepAfter(which.target, which.stateDirectory, before);
  for (const lost of after.lost) say(terminal, `cannot be restored: ${lost}`);
  const ended = await end(trying, id, after, start, failed);
  return await goOn(trying, ended, after, failed);
}

/** Reports, before the command runs, which files can be restored and which cannot. */
function tellKept({ terminal, which: { target } }: Trying, { entries, barred }: KeptBefore): void {
  const files = [...new Set(entries.flatMap(({ path, state }) => (state.kind === 'absent' ? [] : [path])))];
  const rest = 'not kept: variables of the shell, caches, vendor, and what a command installs or downloads';
  say(
    terminal,
    `kept of ${target.name}: ${files.length === 0 ? 'no file (none exists; new ones would be removed)' : files.join(', ')}`,
  );
  for (const why of barred) say(terminal, `not kept: ${why}`);
  say(terminal, rest);
}

function begin(trying: Trying, { digest }: KeptBefore): Promise<Begun> {
  const { terminal, which, options, command } = trying;
  const { target, stateDirectory, policy } = which;
  const { timeoutMs: limit, reason } = options;
  const body = {
    target: target.name,
    workspace: target.workspace,
    record: digest,
    command,
    // After the timeout the command gets five more seconds to end.
    limit_ms: limit + 6000,
    who: whoAmI(),
    ...(reason === undefined ? {} : { reason }),
  };
  trying.isWatched = true;
  return record<Begun>(
    terminal,
    stateDirectory,
    'try anything',
    { method: 'POST', path: '/api/v1/tries', body, answerMs: answerWithinMs },
    async (recorder) => {
      trying.isWatched = false;
      return beginTry(recorder, body, await peekMemory(stateDirectory), { policy, states: [] }, terminal);
    },
  );
}

function end(
  trying: Trying,
  id: string,
  { digest }: LeftAfter,
  start: number,
  failed: string | undefined,
): Promise<Ended> {
  const { terminal, which, options, command } = trying;
  const { stateDirectory } = which;
  const body = {
    start,
    confirm_ms: options.confirmWithinMs,
    command,
    who: whoAmI(),
    ...(digest === undefined ? {} : { record: digest }),
    ...(failed === undefined ? {} : { failed }),
  };
  trying.isWatched = true;
  return record<Ended>(
    terminal,
    stateDirectory,
    'keep what was tried',
    { method: 'POST', path: `/api/v1/tries/${id}/end`, body, answerMs: answerWithinMs },
    async (recorder) => {
      trying.isWatched = false;
      return endTry(recorder, id, body, await peekMemory(stateDirectory), terminal);
    },
  );
}

/**
 * Continues after the command: returns if nothing changed, reverts the change, or waits for its confirmation.
 */
async function goOn(
  trying: Trying,
  { id, facets, confirm_by: by }: Ended,
  after: LeftAfter,
  failed: string | undefined,
): Promise<number> {
  const { terminal, command, which, signals } = trying;
  if (failed !== undefined) say(terminal, `${command} failed: ${failed}`);
  if (by === undefined) {
    say(terminal, 'no kept file was changed');
    return failed === undefined ? 0 : 1;
  }
  const files = after.changed.map(({ path }) => path).join(', ');
  say(terminal, `changed (${facets.join(', ')}): ${files}`);
  if (failed !== undefined) return await giveBack(trying, id, after, 'its command failed');
  if (signals.came.size > 0) return await giveBack(trying, id, after, 'it was interrupted');
  const until = new Date(by).toISOString();
  const told = targetArgumentsOf(terminal, trying.options);
  say(
    terminal,
    `it comes back by itself at ${until}, unless: ${withTargetArguments(`godrift confirm ${id}`, told)}`,
  );
  if (trying.isWatched) {
    say(terminal, `to have it back now: ${withTargetArguments(`godrift deny ${id}`, told)}`);
    return 0;
  }
  say(
    terminal,
    'no exporter is running: this command waits, and takes the change back if you end it (Ctrl-C)',
  );
  const decided = await awaitDecision(terminal, which.stateDirectory, id, by, signals);
  if (decided === 'elsewhere') return await tellDecided(trying, after);
  if (decided !== 'confirmed') return await giveBack(trying, id, after, decided);
  await record(
    terminal,
    which.stateDirectory,
    `confirm ${id}`,
    { method: 'POST', path: `/api/v1/rollbacks/${id}/confirm`, body: { who: whoAmI() } },
    async (recorder) => {
      const { controlRollbacks } = await import('../rollback/controls.ts');
      const said = { action: 'confirm', id, who: whoAmI() } as const;
      return controlRollbacks(recorder, said, await peekMemory(which.stateDirectory));
    },
  );
  say(terminal, 'confirmed: the change stays');
  return 0;
}

/**
 * Reports what another command or an exporter decided. Returns 0 if the change stays, 1 if it was reverted.
 */
async function tellDecided({ terminal }: Trying, after: LeftAfter): Promise<number> {
  const isBack = await isTakenBack(after);
  say(terminal, isBack ? 'the change was taken back' : 'the change was confirmed and stays');
  return isBack ? 1 : 0;
}

/**
 * Reverts the change now, unless an exporter has already done so or it was confirmed at this moment. Returns
 * 0 if the change stays, 1 if it was reverted.
 */
async function giveBack(trying: Trying, id: string, after: LeftAfter, reason: string): Promise<number> {
  const { terminal, which, signals } = trying;
  say(terminal, `${reason}: taking the change back`);
  signals.tell(() => say(terminal, 'taking the change back: this command ends when that is done'));
  const denied = { who: whoAmI(), reason };
  const isLate = reason === 'not confirmed in time';
  try {
    const answer = await record<DeniedAnswer>(
      terminal,
      which.stateDirectory,
      `take ${id} back`,
      {
        method: 'POST',
        path: `/api/v1/rollbacks/${id}/deny`,
        body: denied,
        answerMs: answerWithinMs,
      },
      (recorder) => takeBackAlone(recorder, id, { place: terminal, ...which, ...(isLate ? {} : { denied }) }),
    );
    terminal.stderr.write(backLines(answer));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const isOpen = unconfirmedWith(await peekMemory(which.stateDirectory), { id }).length > 0;
    if (isOpen) throw error;
    return await tellDecided(trying, after);
  }
  return 1;
}
