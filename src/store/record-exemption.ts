/**
 * Records exemptions: validates requests of the admin socket or a command, then writes the file and its
 * journal line, both or neither.
 */
import * as z from 'zod';
import { facets } from '../catalog/facets.ts';
import type { JournalEvent } from '../drift/events.ts';
import { longestGraceSeconds, type MarkedDeployment, type Waiver } from '../drift/exemptions.ts';
import { whyIdle } from '../drift/waiver-scope.ts';
import { randomHex } from '../host/digest.ts';
import {
  exemptionsFile,
  exemptionsText,
  loadExemptions,
  longestReason,
  namePattern,
  type Recorded,
} from './exemptions.ts';
import type { Journal } from './journal.ts';
import { issueText } from './plain-issue.ts';
import type { StateDirectory } from './state-directory.ts';
import { replaceAndTell } from './told-change.ts';

/** Longest life of a waiver, ms: a year. A longer exemption should be a new baseline. */
const longestWaiverMs = 366 * 86_400_000;

const reason = z.string().trim().min(1, 'is empty').max(longestReason);
const selector = {
  target: z.string().min(1).max(63).exactOptional(),
  pattern: namePattern.exactOptional(),
  workspace: z.string().max(4096).exactOptional(),
  who: z.string().min(1).max(100).default('admin socket'),
};

const deploymentRequest = z.strictObject({
  ...selector,
  reason,
  grace_seconds: z.int().positive().max(longestGraceSeconds).default(900),
});

const waiverRequest = z.strictObject({
  ...selector,
  facet: z.enum(facets).exactOptional(),
  rule: z.string().min(1).max(100).exactOptional(),
  key: z.string().min(1).max(500).exactOptional(),
  reason,
  expires: z.iso.datetime({ offset: true, error: 'is no time such as 2026-12-31T23:59:59Z' }),
});

/** Where exemptions are stored and recorded. */
export interface Recorder {
  readonly state: StateDirectory;
  readonly journal: Journal;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Called with one line about a damaged file that was moved aside. */
  readonly report: (problem: string) => void;
}

/** The result of a request; `status` is that of HTTP, `problem` one line. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly status: 400 | 404 | 503; readonly problem: string };

/** Returns a refusal. */
export function refuse(
  status: 400 | 404 | 503,
  problem: string,
): { ok: false; status: typeof status; problem: string } {
  return { ok: false, status, problem };
}

/** Describes what is wrong with a request's body, on one line. */
export function explainRequest(error: z.ZodError): string {
  return error.issues
    .map((issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown keys: ${issue.keys.join(', ')}`
        : issueText(issue, 'the body'),
    )
    .join('; ');
}

async function write(
  recorder: Recorder,
  record: JournalEvent,
  change: (recorded: Recorded) => Recorded,
): Promise<Outcome<undefined>> {
  const { state, now, report } = recorder;
  const { value, problem, unread } = await loadExemptions(state, now());
  if (problem !== undefined && unread === true) return refuse(503, problem);
  if (problem !== undefined) report(problem);
  const written = await replaceAndTell(
    recorder,
    exemptionsFile(state.path),
    exemptionsText(change(value)),
    record,
  );
  return written.ok ? written : refuse(503, written.problem);
}

/** Marks a deployment from a request body `{target, reason, grace_seconds}` (contract §5). */
export async function markDeployment(recorder: Recorder, body: unknown): Promise<Outcome<MarkedDeployment>> {
  const parsed = deploymentRequest.safeParse(body);
  if (!parsed.success) return refuse(400, explainRequest(parsed.error));
  const { grace_seconds, ...facts } = parsed.data;
  if (facts.target === undefined && facts.pattern === undefined) return refuse(400, 'target is missing');
  const deployment: MarkedDeployment = {
    id: randomHex(4),
    ...facts,
    time: recorder.now(),
    graceSeconds: grace_seconds,
  };
  const written = await write(
    recorder,
    { type: 'deployment', id: deployment.id, ...facts, grace_seconds, at: deployment.time },
    (recorded) => ({ ...recorded, deployments: [...recorded.deployments, deployment] }),
  );
  return written.ok ? { ok: true, value: deployment } : written;
}

/** Adds a waiver from a request body. */
export async function addWaiver(recorder: Recorder, body: unknown): Promise<Outcome<Waiver>> {
  const parsed = waiverRequest.safeParse(body);
  if (!parsed.success) return refuse(400, explainRequest(parsed.error));
  const { expires: end, ...facts } = parsed.data;
  if (facts.target === undefined && facts.pattern === undefined) return refuse(400, 'target is missing');
  const idle = whyIdle(facts);
  if (idle !== undefined) return refuse(400, `${idle.part} matches no finding: ${idle.why}`);
  const created = recorder.now();
  const expires = Date.parse(end);
  if (expires <= created) return refuse(400, 'expires is in the past');
  if (expires - created > longestWaiverMs)
    return refuse(400, 'expires is more than a year ahead: accept a new baseline instead');
  const waiver: Waiver = { id: randomHex(4), ...facts, created, expires };
  const written = await write(
    recorder,
    { type: 'waiver', action: 'add', id: waiver.id, ...facts, expires: new Date(expires).toISOString() },
    (recorded) => ({ ...recorded, waivers: [...recorded.waivers, waiver] }),
  );
  return written.ok ? { ok: true, value: waiver } : written;
}

/** Removes a waiver before it expires. */
export async function removeWaiver(recorder: Recorder, id: string, who: string): Promise<Outcome<Waiver>> {
  const { value, problem, unread } = await loadExemptions(recorder.state, recorder.now());
  if (problem !== undefined && unread === true) return refuse(503, problem);
  if (problem !== undefined) recorder.report(problem);
  const waiver = value.waivers.find((one) => one.id === id);
  if (waiver === undefined) return refuse(404, 'there is no such waiver');
  const written = await write(recorder, { type: 'waiver', action: 'remove', id, who }, (recorded) => ({
    ...recorded,
    waivers: recorded.waivers.filter((one) => one.id !== id),
  }));
  return written.ok ? { ok: true, value: waiver } : written;
}
