/**
 * Confirms rollbacks by a configured command (decision 0108). The command runs at once and is repeated until
 * it succeeds or the deadline passes; then the rollback is reverted (confirmations.ts). Since the
 * configuration decides what runs here, a command is run only if no other user may write the configuration
 * file or the program.
 */
import { confirmVariables } from '../../catalog/rollback-commands.ts';
import { checkProgram } from '../../host/checked-program.ts';
import { type RunningCommand, startConfirmCommand } from '../../host/confirm-command.ts';
import { systemClock } from '../../host/machine.ts';
import { whoElseWrites } from '../../host/other-writers.ts';
import { type Cancel, systemTimer } from '../../host/timer.ts';
import type { TargetSettings } from '../../observe/target.ts';
import { type RollbackMemory, type Unconfirmed, unconfirmedIn } from '../../undo/memory.ts';
import { controlRollbacks } from '../rollback/controls.ts';
import type { Change } from './changes.ts';
import type { Exporter } from './exporter.ts';

/** Time from the end of one run of a command to its next, ms. */
const againMs = 15_000;
/** The longest that one run may take, ms. */
const longestMs = 300_000;
/** The most commands that run at the same time. */
const mostRunning = 2;

/** The actor that the journal records for a confirmation by a command. */
const who = 'confirm_command';

/** Runs the confirm commands of an exporter. */
export interface CommandConfirmations {
  /** Starts the commands that are due; called whenever the memory of rollbacks changes. */
  readonly look: () => void;
  /** Ends the running commands and starts no more. */
  readonly stop: () => void;
}

/** Returns the confirm command of a target, or why it must not run. */
function commandOf(
  { configFile }: Exporter['settings'],
  { confirmCommand = [], workspace }: TargetSettings,
): ReturnType<typeof checkProgram> {
  const writer = configFile === undefined ? undefined : whoElseWrites({ root: '/', path: configFile }, []);
  if (writer !== undefined) return { why: `the configuration ${configFile} ${writer}` };
  return checkProgram(confirmCommand[0] ?? '', [workspace]);
}

/**
 * Returns the unconfirmed rollbacks whose target has a confirm command. Trials that still run (`godrift
 * try`) are left out.
 */
function waitingFor({ discovery }: Exporter, memory: RollbackMemory) {
  const targets = discovery?.targets() ?? [];
  return unconfirmedIn(memory).flatMap((one) => {
    const target = targets.find(({ name, workspace }) => name === one.target && workspace === one.workspace);
    const isWaiting = one.confirm.trial?.isRunning !== true;
    return target?.confirmCommand === undefined || !isWaiting ? [] : [{ one, target, id: one.confirm.id }];
  });
}

/** Confirms a rollback and returns the text for the log. */
async function confirmNow(exporter: Exporter, change: Change, id: string): Promise<string> {
  const said = { action: 'confirm', id, who, reason: 'it passes' } as const;
  const confirmed = await change(async (recorder) =>
    controlRollbacks(recorder, said, await exporter.parts?.rollbacks.catchUp()),
  );
  return confirmed.ok ? 'confirmed by confirm_command' : confirmed.problem;
}

/**
 * Creates the runner of confirm commands; `env` is the environment from which the few variables they see are
 * taken.
 */
export function confirmByCommand(
  exporter: Exporter,
  change: Change,
  env: ReadonlyMap<string, string>,
): CommandConfirmations {
  const running = new Map<string, RunningCommand>();
  /** Id of a rollback → when its command may be run again. */
  let next = new Map<string, number>();
  let cancel: Cancel = () => {};

  function start(target: TargetSettings, { facet, confirm }: Unconfirmed): void {
    const { id, by } = confirm;
    const { settings, log } = exporter;
    const command = commandOf(settings, target);
    const about = { target: target.name, rollback: id };
    if ('why' in command) {
      log.warn({ ...about, why: command.why }, 'confirm_command is not run');
      // Checked again later, in case the permissions were corrected.
      next.set(id, systemClock() + 4 * againMs);
      return;
    }
    const run = startConfirmCommand(command.program, target.confirmCommand?.slice(1) ?? [], {
      cwd: target.workspace,
      env,
      more: {
        [confirmVariables.target]: target.name,
        [confirmVariables.facet]: facet,
        [confirmVariables.rollback]: id,
      },
      timeoutMs: Math.min(longestMs, Math.max(1, by - systemClock())),
    });
    running.set(id, run);
    void run.ended
      .then(async (why) => {
        next.set(id, systemClock() + againMs);
        if (exporter.stopping) return;
        if (why !== undefined) return log.info({ ...about, why }, 'confirm_command did not pass');
        log.info(about, await confirmNow(exporter, change, id));
      })
      .catch((error: unknown) => log.error({ ...about, what: String(error) }, 'not confirmed'))
      .finally(() => {
        running.delete(id);
        look();
      });
  }

  function look(): void {
    cancel();
    const memory = exporter.parts?.rollbacks.known();
    if (memory === undefined || exporter.stopping) return;
    const open = waitingFor(exporter, memory);
    next = new Map([...next].filter(([id]) => open.some((known) => known.id === id)));
    const now = systemClock();
    for (const { one, target, id } of open)
      if (
        running.size < mostRunning &&
        !running.has(id) &&
        (next.get(id) ?? 0) <= now &&
        one.confirm.by > now
      )
        start(target, one);
    const times = [...next].flatMap(([id, at]) => (running.has(id) ? [] : [at]));
    if (times.length > 0) cancel = systemTimer(Math.max(100, Math.min(...times) - now), look);
  }

  return {
    look,
    stop: () => {
      cancel();
      for (const run of running.values()) run.stop();
    },
  };
}
