/**
 * The end of drifts that a command made, where no exporter is there to see it: what was accepted, or put back, differs from the baseline no more. An open
 * drift that nobody ends would be taken for the next one: with its trace, its onset, and its words.
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

/** Looks at a target of which a drift is open, and tells which of them are over; by whoever is alone with the state directory. What hinders it is reported. */
export async function endHealed(
  terminal: Terminal,
  recorder: Recorder,
  target: TargetSettings,
): Promise<void> {
  try {
    await endThose(terminal, recorder, target);
  } catch (error) {
    // What was done is done; the next exporter finds that they are over.
    if (!(error instanceof AppError)) throw error;
    recorder.report(error.message);
  }
}

async function endThose(
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
  // A look of a command counts nothing, and a drift begins when an exporter sees it.
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
