/** The observation of a target of which nothing could be read. */
import { facets } from '../../catalog/facets.ts';
import type { Observation } from '../../drift/model.ts';
import type { TargetSettings } from '../target.ts';

/** Why nothing of a target could be read. */
export type UnreadReason = Observation['environment']['reason'];

/** Returns an observation in which every facet failed for the same reason. Times in ms since the epoch. */
export function unreadObservation(
  settings: TargetSettings,
  start: number,
  end: number,
  why: string,
  reason: UnreadReason,
): Observation {
  const failed = { status: 'failed', why } as const;
  return {
    target: settings.name,
    workspace: settings.workspace,
    time: end,
    environment: { source: settings.environment.from, readable: false, reason },
    runs: facets.map((facet) => ({ collector: facet, facet, start, end, success: false, why, commands: [] })),
    toolchain: failed,
    env: failed,
    modules: failed,
    cache: failed,
    tools: failed,
    context: failed,
  };
}
