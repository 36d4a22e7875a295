/** Rollback requests to a running exporter over its admin socket. The caller serialises them (changes.ts). */

import * as z from 'zod';
import { AppError } from '../../catalog/errors.ts';
import { type Facet, facets } from '../../catalog/facets.ts';
import { systemClock } from '../../host/machine.ts';
import type { TargetSettings } from '../../observe/target.ts';
import { explainRequest, type Outcome, type Recorder, refuse } from '../../store/record-exemption.ts';
import { emptyMemory } from '../../undo/memory.ts';
import { additionsOf } from '../../undo/policy.ts';
import type { RequestDecision } from '../../undo/requested-rollback.ts';
import type { PlanDocument } from '../rollback/document.ts';
import { type Place, planRequest, type Rules, rollbackBody } from '../rollback/perform.ts';
import { rulesOfPeople } from '../rollback/situation.ts';
import type { Decide } from './ask-rollback.ts';
import type { Exporter } from './exporter.ts';
import { performHere } from './perform-here.ts';

/** The request of a script on this host that acts like an alert: all guards of the configuration apply. */
const askBody = z.strictObject({
  target: z.string().min(1).max(255),
  facet: z.enum(facets),
  trigger: z.enum(['alertmanager', 'grafana', 'poll']),
  key: z.string().min(1).max(255),
  since: z.int().nonnegative().exactOptional(),
  who: z.string().min(1).max(100).default('admin socket'),
  reason: z.string().max(4096).exactOptional(),
});

/** Reports whether a body is a request by a program rather than by a person: it has a `trigger`. */
export const isAsk = (body: unknown): boolean =>
  typeof body === 'object' && body !== null && 'trigger' in body;

/** Validates the request of a program and decides on it. An invalid body is answered with 400. */
export async function askFor(decide: Decide, body: unknown): Promise<Outcome<RequestDecision>> {
  const parsed = askBody.safeParse(body);
  return parsed.success
    ? { ok: true, value: await decide(parsed.data) }
    : refuse(400, explainRequest(parsed.error));
}

async function rulesFor(exporter: Exporter, target: TargetSettings, facet: Facet): Promise<Rules> {
  const memory = (await exporter.parts?.rollbacks.catchUp()) ?? emptyMemory();
  const { rollback: policy } = exporter.settings;
  const states = exporter.loop?.current().states() ?? [];
  return rulesOfPeople({ now: systemClock(), policy, memory, states, target, facet }, target);
}

/**
 * Plans or carries out the rollback that a person requests (contract §5): 400 if invalid, 404 if unobserved,
 * 503 on failure.
 */
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
    ...additionsOf(exporter.settings.rollback),
  };
  const asking = {
    who,
    mode: 'manual',
    trigger: 'cli',
    ...(reason === undefined ? {} : { reason }),
    ...(plan === undefined ? {} : { shown: plan }),
  } as const;
  try {
    const rules = await rulesFor(exporter, target, facet);
    const done = dryRun
      ? await planRequest(request, place, rules)
      : await performHere(exporter, recorder, request, asking, place, rules);
    return { ok: true, value: done };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return refuse(503, error.message);
  }
}
