/** Looks up the trace of an open drift, so that responses to the drift join it, also from another process. */
import path from 'node:path';
import type { Facet } from '../catalog/facets.ts';
import { targetStateSchema } from './baselines.ts';
import { jsonOf } from './json-file.ts';
import { type TargetName, targetFiles } from './peek.ts';
import { readText } from './target-files.ts';

/**
 * Returns the open drift of a facet as the exporter stored it: start (ms since the epoch), trace and root
 * span; undefined if there is none.
 */
export function openDrift(
  stateDirectory: string,
  target: TargetName,
  facet: Facet,
): { readonly since: number; readonly traceId: string; readonly spanId: string } | undefined {
  const text = readText(path.join(targetFiles(stateDirectory, target), 'state.json'));
  const parsed = targetStateSchema.safeParse(jsonOf(text));
  return parsed.success ? parsed.data.drift[facet] : undefined;
}

/** Returns trace and root span of a facet's open drift; undefined if there is none. */
export function openTraces(
  stateDirectory: string,
  target: TargetName,
  facet: Facet,
): { readonly traceId: string; readonly parentSpanId: string } | undefined {
  const open = openDrift(stateDirectory, target, facet);
  return open === undefined ? undefined : { traceId: open.traceId, parentSpanId: open.spanId };
}
