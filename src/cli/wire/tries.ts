/**
 * Calls of `godrift try` over the admin socket: its beginning and its end (contract §5). Unconfirmed trials
 * are reverted by confirmations.ts.
 */
import { type Outcome, type Recorder, refuse } from '../../store/record-exemption.ts';
import type { Place } from '../rollback/perform.ts';
import { type Begun, beginTry, type Ended, endTry } from '../rollback/tries.ts';
import { type Exporter, stillStarts } from './exporter.ts';

/** Begins a trial, or ends the trial with the given id. */
export async function tryFor(
  exporter: Exporter,
  recorder: Recorder,
  { id, body }: { readonly id?: string; readonly body: unknown },
  place: Place,
): Promise<Outcome<Begun | Ended>> {
  const memory = await exporter.parts?.rollbacks.catchUp();
  if (memory === undefined) return refuse(503, stillStarts);
  if (id !== undefined) return await endTry(recorder, id, body, memory, place);
  const states = exporter.loop?.current().states() ?? [];
  return await beginTry(recorder, body, memory, { policy: exporter.settings.rollback, states }, place);
}
