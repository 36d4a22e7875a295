/**
 * Ends drifts that a command healed where no exporter runs: what was accepted or rolled back no longer
 * differs from the baseline. A drift left open would be mistaken for the next one, with its trace, its onset
 * and its text.
 */
import { AppError } from '../catalog/errors.ts';
import { formatSnapshot } from '../drift/snapshot.ts';
import { type Emitter, replay, transition } from '../drift/transition.ts';
import { sha256Hex } from '../host/digest.ts';
import type { TargetSettings } from '../observe/target.ts';
import { appendJournal } from '../store/journal.ts';
import type { Recorder } from '../store/record-exemption.ts';
import { inspect } from './inspect.ts';
import { loadRemembered, saveRemembered } from './memory.ts';
import { signatureOf } from './rollback/perform.ts';
import type { Terminal } from './terminal.ts';

/**
 * Observes a target with open drifts and records which of them are over. Needs the lock of the state
 * directory. Problems are reported and do not fail the command.
 */
export async function resolveHealedDrifts(
  terminal: Terminal,
  recorder: Recorder,
  target: TargetSettings,
): Promise<void> {
  try {
    await recordResolved(terminal, recorder, target);
  } catch (error) {
    // The command's own work is done. The next exporter will find that the drifts are over.
    if (!(error instanceof AppError)) throw error;
    recorder.report(error.message);
  }
}

async function recordResolved(
  terminal: Terminal,
  { state, journal, now, report }: Recorder,
  target: TargetSettings,
): Promise<void> {
  const remembered = await loadRemembered(state, target, now(), report);
  const { memory } = remembered;
  if (Object.keys(memory.open).length === 0) return;
  const looked = await inspect(terminal, undefined, { settings: target, stateDirectory: state.path });
  const signature = await signatureOf({ state, journal, now, report }, terminal);
  const emitter: Emitter = { ...signature, digest: sha256Hex };
  // An observation by a command changes no counters and opens no drift; exporters do that.
  const seen = { ...looked.state, counters: memory.counters };
  const { records } = transition(memory, seen, [], emitter);
  let open = memory.open;
  let last: number | undefined;
  for (const record of records) {
    if (record.type !== 'resolved') continue;
    const told = await appendJournal(journal, record);
    if (!told.ok) return report(told.problem);
    last = told.value.seq;
    open = replay({ ...memory, open }, record).open;
  }
  if (last === undefined) return;
  const { learned: _, last: entries, ...known } = remembered;
  const kept = {
    ...known,
    memory: { ...memory, open },
    ...(entries === undefined ? {} : { last: formatSnapshot(entries, now()) }),
  };
  const saved = await saveRemembered(state, target, kept, last);
  if (!saved.ok) report(saved.problem);
}
