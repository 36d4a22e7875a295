/** The trace of a drift that lasts: what answers it belongs there, also when another process answers. */
import path from 'node:path';
import type { Facet } from '../catalog/facets.ts';
import { targetStateSchema } from './baselines.ts';
import { jsonOf } from './json-file.ts';
import { type TargetName, targetFiles } from './peek.ts';
import { readText } from './target-files.ts';

/** The open drift of a facet, as the exporter remembers it: since when (ms since the epoch), its trace and root span; undefined where it knows of none. */
export function openDrift(
  stateDirectory: string,
  target: TargetName,
  facet: Facet,
): { readonly since: number; readonly traceId: string; readonly spanId: string } | undefined {
  const text = readText(path.join(targetFiles(stateDirectory, target), 'state.json'));
  const parsed = targetStateSchema.safeParse(jsonOf(text));
  return parsed.success ? parsed.data.drift[facet] : undefined;
}

/** Trace and root span of the open drift of a facet; undefined where none is known. */
export function openTraces(
  stateDirectory: string,
  target: TargetName,
  facet: Facet,
): { readonly traceId: string; readonly parentSpanId: string } | undefined {
  const open = openDrift(stateDirectory, target, facet);
  return open === undefined ? undefined : { traceId: open.traceId, parentSpanId: open.spanId };
}
