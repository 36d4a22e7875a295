/** The trace of a drift that lasts: what answers it belongs there, also when another process answers. */
import path from 'node:path';
import type { Facet } from '../catalog/facets.ts';
import { targetStateSchema } from './baselines.ts';
import { targetFiles } from './peek.ts';
import { jsonOf, readText } from './target-files.ts';

/** Trace and root span of the open drift of a facet, as the exporter remembers it; undefined where it knows of none. */
export function openTraces(
  stateDirectory: string,
  target: { readonly name: string; readonly workspace: string },
  facet: Facet,
): { readonly traceId: string; readonly parentSpanId: string } | undefined {
  const text = readText(path.join(targetFiles(stateDirectory, target), 'state.json'));
  const parsed = targetStateSchema.safeParse(jsonOf(text));
  const open = parsed.success ? parsed.data.drift[facet] : undefined;
  return open === undefined ? undefined : { traceId: open.traceId, parentSpanId: open.spanId };
}
