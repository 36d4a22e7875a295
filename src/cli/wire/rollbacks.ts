/** Rollbacks that a running exporter is asked for over its socket: one after the other, and a pass afterwards, so that the page is true when it is answered. */
import { AppError } from '../../catalog/errors.ts';
import { explainRequest, type Outcome, type Recorder, refuse } from '../../store/record-exemption.ts';
import type { PlanDocument } from '../rollback/document.ts';
import { type Place, performRollback, planRequest, rollbackBody } from '../rollback/perform.ts';
import type { Exporter } from './exporter.ts';

/** Carries out the request of a body (contract §5). */
export async function rollbackFor(
  exporter: Exporter,
  recorder: Recorder,
  body: unknown,
  place: Place,
): Promise<Outcome<PlanDocument>> {
  const parsed = rollbackBody.safeParse(body);
  if (!parsed.success) return refuse(400, explainRequest(parsed.error));
  const { target: name, workspace, facet, names, to, dry_run: dryRun, plan, who, reason } = parsed.data;
  const target = exporter.discovery
    ?.targets()
    .find((one) => one.name === name && one.workspace === workspace);
  if (target === undefined) return refuse(404, `no target ${name} of ${workspace} is observed here`);
  const request = {
    target,
    stateDirectory: recorder.state.path,
    facet,
    ...(names === undefined ? {} : { names }),
    ...(to === undefined ? {} : { to }),
  };
  const asking = {
    who,
    mode: 'manual',
    trigger: 'cli',
    ...(reason === undefined ? {} : { reason }),
    ...(plan === undefined ? {} : { shown: plan }),
  } as const;
  try {
    const done = dryRun
      ? await planRequest(request, place)
      : await performRollback(recorder, request, asking, place);
    return { ok: true, value: done };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return refuse(503, error.message);
  }
}
