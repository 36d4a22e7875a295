/** Performs rollbacks inside a running exporter, for any requester. */
import type { Recorder } from '../../store/record-exemption.ts';
import type { PlanDocument } from '../rollback/document.ts';
import { type Asking, type Place, performRollback, type Rules } from '../rollback/perform.ts';
import type { RollbackRequest } from '../rollback/request.ts';
import type { Exporter } from './exporter.ts';

/**
 * Calls `performRollback`. A rollback of facet `cache` restarts the build cache audit at once, since its
 * content may differ now.
 */
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
