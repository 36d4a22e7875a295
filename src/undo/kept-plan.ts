/**
 * The stored form of a plan, kept while it runs so that a later start can revert it. Validated when it is
 * read.
 */
import * as z from 'zod';
import { facets } from '../catalog/facets.ts';
import { rollbackModes, rollbackTriggers } from '../drift/events.ts';
import { treeKinds } from '../go/unpacked.ts';
import { approvedRoles, stateSchema } from '../store/approved/record.ts';
import type { Plan } from './plan.ts';
import type { Step } from './step.ts';

const absolute = z.string().startsWith('/').max(4096);

const entrySchema = z.strictObject({
  kind: z.enum(['restore-file', 'restore-link', 'remove-file']),
  role: z.enum(approvedRoles),
  path: absolute,
  directory: absolute,
  name: z.string().min(1).max(255),
  before: stateSchema,
  after: stateSchema,
  names: z.array(z.string()).exactOptional(),
  makes: z.array(absolute).exactOptional(),
});

const id = z.string().regex(/^[0-9a-f]{64}$/);
const inCache = { cache: absolute, path: absolute };
const cacheSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('drop-action'), ...inCache, action: id, output: id }),
  z.strictObject({ kind: z.literal('drop-output'), ...inCache, output: id, size: z.int().nonnegative() }),
  z.strictObject({
    kind: z.literal('drop-irregular'),
    ...inCache,
    file: z.string().regex(/^[0-9a-f]{2}(?:\/[0-9a-f]{64}-[ad](?:\/[^/]{1,255})?)?$/),
  }),
]);

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const treeState = z.strictObject({
  kind: z.literal('tree'),
  sha256: id,
  files: z.int().nonnegative(),
  size: z.int().nonnegative(),
});
const laidOut = {
  tree: z.enum(treeKinds),
  path: absolute,
  directory: absolute,
  name: z.string().min(1).max(255),
  after: z.union([treeState, z.strictObject({ kind: z.literal('approved'), digest })]),
  zip: absolute,
  prefix: z.string().min(1).max(4096),
  mode: z.int().nonnegative(),
};
const treeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('replace-tree'), ...laidOut, before: treeState }),
  z.strictObject({
    kind: z.literal('make-tree'),
    ...laidOut,
    before: z.strictObject({ kind: z.literal('absent') }),
    makes: z.array(absolute),
  }),
]);

const fetchSchema = z.strictObject({
  kind: z.literal('fetch-zip'),
  path: absolute,
  module: z.string().min(1).max(255),
  version: z.string().min(1).max(255),
  approved: digest,
  go: absolute,
  settings: id,
});

const stepSchema = z.union([entrySchema, cacheSchema, treeSchema, fetchSchema]);

/**
 * Schema 1; 2 for plans with a `make-tree` step, 3 with a `fetch-zip` step. A version that does not know the
 * schema leaves the plan to one that does.
 */
export const keptPlanSchema = z.strictObject({
  schema: z.union([z.literal(1), z.literal(2), z.literal(3)]),
  target: z.string(),
  workspace: z.string(),
  facet: z.enum(facets),
  asked: z.strictObject({
    who: z.string(),
    mode: z.enum(rollbackModes),
    trigger: z.enum(rollbackTriggers),
    reason: z.string().exactOptional(),
    key: z.string().exactOptional(),
    reverts: z.string().exactOptional(),
    link: z.strictObject({ trace_id: z.string(), span_id: z.string() }).exactOptional(),
  }),
  steps: z.array(stepSchema),
  /** Trace context for the span of the outcome. */
  trace: z.strictObject({ traceId: z.string(), parentSpanId: z.string().exactOptional() }),
});

export type KeptPlan = z.infer<typeof keptPlanSchema>;

/** Trace of a rollback: the trace of the drift that it answers. */
export type RollbackTrace = KeptPlan['trace'];

/** Who requested a rollback, how and why. */
export type RequestOrigin = KeptPlan['asked'];

/** Returns the stored form of a plan, with the lowest schema that can hold its steps. */
export function keptPlanOf(
  { target, workspace, facet, steps }: Plan,
  asked: RequestOrigin,
  trace: RollbackTrace,
): Omit<KeptPlan, 'steps'> & { readonly steps: readonly Step[] } {
  const has = (wanted: Step['kind']) => steps.some(({ kind }) => kind === wanted);
  const schema = has('fetch-zip') ? 3 : has('make-tree') ? 2 : 1;
  return { schema, target, workspace, facet, asked, steps, trace };
}
