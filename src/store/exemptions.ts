/**
 * `exemptions.json` of the state directory: waivers and marked deployments. A small file, replaced as a whole
 * by the holder of the lock. A damaged one is moved aside and reported; nothing is exempt then.
 */
import path from 'node:path';
import * as z from 'zod';
import { facets } from '../catalog/facets.ts';
import { longestGraceSeconds, type MarkedDeployment, type Waiver } from '../drift/exemptions.ts';
import { namePatternProblem } from '../drift/name-pattern.ts';
import { readFile } from '../host/files.ts';
import { jsonOf, type Loaded, loadJson, whyNewer } from './json-file.ts';
import type { StateDirectory } from './state-directory.ts';

/** A regular expression over target names, cheap to match. */
export const namePattern = z.string().superRefine((pattern, context) => {
  const problem = namePatternProblem(pattern);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});

/** Longest reason, in characters, because it appears in journal lines and messages. */
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

/** Most waivers, and most deployments, in the file. */
const mostKept = 1000;

const fileSchema = z.strictObject({
  schema: z.literal(1),
  waivers: z.array(waiverSchema).max(mostKept),
  deployments: z.array(deploymentSchema).max(mostKept),
});

/** The recorded exemptions. */
export interface Recorded {
  readonly waivers: readonly Waiver[];
  readonly deployments: readonly MarkedDeployment[];
}

const nothing: Recorded = { waivers: [], deployments: [] };

/** Returns the path of the file in a state directory. */
export function exemptionsFile(stateDirectory: string): string {
  return path.join(stateDirectory, 'exemptions.json');
}

/** Reads the exemptions as the holder of the lock: a damaged file is moved aside, and `problem` says so. */
export async function loadExemptions(
  state: StateDirectory,
  timeMs: number,
): Promise<Loaded<Recorded> & { readonly value: Recorded }> {
  const { value = nothing, ...rest } = await loadJson(state, exemptionsFile(state.path), fileSchema, timeMs);
  return { value, ...rest };
}

/** Reads the exemptions without changing anything; `problem` if the file cannot be used. */
export function peekExemptions(stateDirectory: string): {
  readonly value: Recorded;
  readonly problem?: string;
} {
  const file = exemptionsFile(stateDirectory);
  const read = readFile({ root: '/', path: file });
  if (!read.ok)
    return {
      value: nothing,
      ...(read.failure === 'absent' ? {} : { problem: `cannot read ${file}: ${read.why}` }),
    };
  const content = jsonOf(read.bytes.toString('utf8'));
  const parsed = fileSchema.safeParse(content);
  if (parsed.success) return { value: parsed.data };
  return { value: nothing, problem: whyNewer(file, content) ?? `${file} is damaged and exempts nothing` };
}

/**
 * Returns the text of the file, without deployments replaced by a newer one. Expired waivers stay: a single
 * reading of a clock that is years ahead would otherwise remove all of them for good. Beyond the limit of the
 * file those go first that expire first, but never the newest.
 */
export function exemptionsText({ waivers, deployments }: Recorded): string {
  const newest = new Map<string, MarkedDeployment>();
  for (const one of deployments) {
    const selected = `${one.target ?? ''}\0${one.pattern ?? ''}\0${one.workspace ?? ''}`;
    // Re-inserted, so that the order stays that of recording.
    newest.delete(selected);
    newest.set(selected, one);
  }
  const older = waivers.slice(0, -1).sort((a, b) => a.expires - b.expires);
  const last = new Set([...older.slice(1 - mostKept), ...waivers.slice(-1)]);
  const kept = {
    waivers: waivers.filter((one) => last.has(one)),
    deployments: [...newest.values()].slice(-mostKept),
  };
  return `${JSON.stringify({ schema: 1, ...kept })}\n`;
}
