/**
 * `exemptions.json` of the state directory: waivers and marked deployments. One small file, replaced as a whole by whoever holds the lock;
 * a damaged one is moved aside and reported, and then nothing is exempt.
 */
import path from 'node:path';
import * as z from 'zod';
import { facets } from '../catalog/facets.ts';
import { longestGraceSeconds, type MarkedDeployment, type Waiver } from '../drift/exemptions.ts';
import { namePatternProblem } from '../drift/name-pattern.ts';
import { readFile } from '../host/files.ts';
import { type Loaded, loadJson, saveJson } from './json-file.ts';
import type { StateDirectory, WriteResult } from './state-directory.ts';

/** A regular expression over target names, cheap to match. */
export const namePattern = z.string().superRefine((pattern, context) => {
  const problem = namePatternProblem(pattern);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});

/** Longest reason, in characters: it travels in journal lines and messages. */
export const longestReason = 500;

const id = z.string().regex(/^[0-9a-f]{8}$/);
const reason = z.string().min(1).max(longestReason);
const selector = {
  target: z.string().min(1).max(63).exactOptional(),
  pattern: namePattern.exactOptional(),
  workspace: z.string().exactOptional(),
};

const waiverSchema = z.strictObject({
  id,
  ...selector,
  facet: z.enum(facets).exactOptional(),
  rule: z.string().min(1).max(100).exactOptional(),
  key: z.string().min(1).max(500).exactOptional(),
  reason,
  who: z.string().max(100),
  created: z.number(),
  expires: z.number(),
});

const deploymentSchema = z.strictObject({
  id,
  ...selector,
  time: z.number(),
  graceSeconds: z.int().positive().max(longestGraceSeconds),
  reason,
  who: z.string().max(100),
});

const fileSchema = z.strictObject({
  schema: z.literal(1),
  waivers: z.array(waiverSchema).max(1000),
  deployments: z.array(deploymentSchema).max(1000),
});

/** All that is recorded. */
export interface Recorded {
  readonly waivers: readonly Waiver[];
  readonly deployments: readonly MarkedDeployment[];
}

const nothing: Recorded = { waivers: [], deployments: [] };

/** How long an expired waiver stays on the list, so that its end can still be explained. */
const keptAfterExpiryMs = 30 * 86_400_000;

function fileOf(stateDirectory: string): string {
  return path.join(stateDirectory, 'exemptions.json');
}

/** Reads what is recorded, as the holder of the lock: a damaged file is moved aside, `problem` says so. */
export async function loadExemptions(
  state: StateDirectory,
  timeMs: number,
): Promise<Loaded<Recorded> & { readonly value: Recorded }> {
  const { value, problem } = await loadJson(state, fileOf(state.path), fileSchema, timeMs);
  return { value: value ?? nothing, ...(problem === undefined ? {} : { problem }) };
}

/** Reads what is recorded without touching anything; `problem` where the file cannot be used. */
export function peekExemptions(stateDirectory: string): {
  readonly value: Recorded;
  readonly problem?: string;
} {
  const file = fileOf(stateDirectory);
  const read = readFile({ root: '/', path: file });
  if (!read.ok)
    return {
      value: nothing,
      ...(read.failure === 'absent' ? {} : { problem: `cannot read ${file}: ${read.why}` }),
    };
  try {
    return { value: fileSchema.parse(JSON.parse(read.bytes.toString('utf8'))) };
  } catch {
    return { value: nothing, problem: `${file} is damaged and exempts nothing` };
  }
}

/** Stores what is recorded, without waivers that expired long ago and deployments that a newer one replaced. */
export function saveExemptions(
  state: StateDirectory,
  { waivers, deployments }: Recorded,
  timeMs: number,
): Promise<WriteResult> {
  const newest = new Map<string, MarkedDeployment>();
  for (const one of deployments)
    newest.set(`${one.target ?? ''}\0${one.pattern ?? ''}\0${one.workspace ?? ''}`, one);
  return saveJson(state, fileOf(state.path), {
    schema: 1,
    waivers: waivers.filter((one) => one.expires > timeMs - keptAfterExpiryMs).slice(-1000),
    deployments: [...newest.values()].slice(-1000),
  });
}
