/**
 * Rollbacks that a command of the configuration confirms (decision 0108): it is run at once and again until it passes, or the time is over and what stood there before comes
 * back (confirmations.ts). The file that names the command decides what runs here, so both are taken only where nobody else may write them.
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

/** Between the end of a try and the next, and how long a try may take at most, ms. */
const againMs = 15_000;
const longestMs = 300_000;
/** Commands that run at once. */
const mostRunning = 2;

/** Who confirms, as the journal has it. */
const who = 'confirm_command';

/** The tries of an exporter. */
export interface CommandConfirmations {
  /** Looks what may be confirmed; called whenever more is remembered. */
  readonly look: () => void;
  /** Ends what runs. */
  readonly stop: () => void;
}

/** The command of a target, or why it is not run. */
function commandOf(
  { configFile }: Exporter['settings'],
  { confirmCommand = [], workspace }: TargetSettings,
): ReturnType<typeof checkProgram> {
  const writer = configFile === undefined ? undefined : whoElseWrites({ root: '/', path: configFile }, []);
  if (writer !== undefined) return { why: `the configuration ${configFile} ${writer}` };
  return checkProgram(confirmCommand[0] ?? '', [workspace]);
}

/** What waits to be confirmed where a command may do so. */
function waitingFor({ discovery }: Exporter, memory: RollbackMemory) {
  const targets = discovery?.targets() ?? [];
  return unconfirmedIn(memory).flatMap((one) => {
    const target = targets.find(({ name, workspace }) => name === one.target && workspace === one.workspace);
    const isWaiting = one.confirm.trial?.isRunning !== true;
    return target?.confirmCommand === undefined || !isWaiting ? [] : [{ one, target, id: one.confirm.id }];
  });
}

/** Confirms a rollback; what became of that, in words. */
async function confirmNow(exporter: Exporter, change: Change, id: string): Promise<string> {
  const said = { action: 'confirm', id, who, reason: 'it passes' } as const;
  const confirmed = await change(async (recorder) =>
    controlRollbacks(recorder, said, await exporter.parts?.rollbacks.catchUp()),
  );
  return confirmed.ok ? 'confirmed by confirm_command' : confirmed.problem;
}

/** Runs the commands of targets whose rollbacks wait to be confirmed; `env` is what they get their few variables from. */
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
      // Until it was corrected.
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
