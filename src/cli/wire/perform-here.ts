/** A rollback by a running exporter, whoever asked for it. */
import type { Recorder } from '../../store/record-exemption.ts';
import type { PlanDocument } from '../rollback/document.ts';
import { type Asking, type Place, performRollback, type Rules } from '../rollback/perform.ts';
import type { RollbackRequest } from '../rollback/request.ts';
import type { Exporter } from './exporter.ts';

/** As performRollback; a build cache that may be another one now is audited at once, not when its next round is due. */
export async function performHere(
  exporter: Exporter,
  recorder: Recorder,
  request: RollbackRequest,
  asking: Asking,
  place: Place,
  rules?: Rules,
): Promise<PlanDocument> {
  const done = await performRollback(recorder, request, asking, place, rules);
  if (request.facet === 'cache') exporter.parts?.audits.again();
  return done;
}
