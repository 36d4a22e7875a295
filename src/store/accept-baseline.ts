/**
 * Accepts a baseline: validates a request of the admin socket or a command, then writes the baseline and its
 * journal line, both or neither.
 */
import * as z from 'zod';
import { AppError } from '../catalog/errors.ts';
import type { BaselineRecord } from '../drift/events.ts';
import { fingerprint } from '../drift/fingerprint.ts';
import { withoutHostEntries } from '../drift/secret-entries.ts';
import { formatBody, parseSnapshot } from '../drift/snapshot.ts';
import { sha256Hex } from '../host/digest.ts';
import { pruneApproved, readApproved } from './approved/approved.ts';
import { replaceBaseline } from './baselines.ts';
import { storeKey } from './peek.ts';
import { explainRequest, type Outcome, type Recorder, refuse } from './record-exemption.ts';
import { replaceAndTell } from './told-change.ts';

/** Longest snapshot, in characters: ten times that of the largest repositories (2,000 modules in 300 KB). */
export const longestSnapshot = 4 * 1024 * 1024;

const request = z.strictObject({
  target: z.string().min(1).max(255),
  workspace: z.string().max(4096),
  /** The approved snapshot (design §3), with the time at which it was taken. */
  snapshot: z.string().min(1).max(longestSnapshot),
  reason: z.string().trim().min(1, 'is empty').max(4096),
  who: z.string().min(1).max(100).default('admin socket'),
  /** SHA-256 of the approved record that was kept with it. */
  record: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .exactOptional(),
});

/** An accepted baseline. */
export interface Accepted {
  readonly fingerprint: string;
  /** When the snapshot was taken, ms since the epoch. */
  readonly taken: number;
}

/**
 * Approves a snapshot for a target of this host. Must be called by the holder of the state directory's lock,
 * one call at a time: of two at once each would take the other's snapshot for the one to replace. `telling`
 * is called before the new baseline can be seen.
 */
export async function acceptBaseline(
  recorder: Recorder,
  body: unknown,
  telling: (record: BaselineRecord) => void = () => {},
): Promise<Outcome<Accepted>> {
  const parsed = request.safeParse(body);
  if (!parsed.success) return refuse(400, explainRequest(parsed.error));
  const { target, workspace, snapshot, reason, who, record: kept } = parsed.data;
  let read: ReturnType<typeof parseSnapshot>;
  try {
    read = parseSnapshot(snapshot);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return refuse(400, `the snapshot cannot be used: ${error.why}`);
  }
  const named = { name: target, workspace };
  if (kept !== undefined) {
    try {
      readApproved(recorder.state.path, named, kept);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return refuse(400, error.why);
    }
  }
  const accepted: Accepted = {
    fingerprint: fingerprint(formatBody(withoutHostEntries(read.entries)), sha256Hex),
    taken: read.time,
  };
  const record: BaselineRecord = {
    type: 'baseline',
    target,
    workspace,
    kind: 'accepted',
    ...accepted,
    who,
    why: reason,
    ...(kept === undefined ? {} : { record: kept }),
  };
  const { taken: time, ...facts } = accepted;
  const saved = await replaceBaseline(
    recorder.state,
    storeKey(named),
    {
      kind: 'accepted',
      text: snapshot,
      time,
      ...facts,
      who,
      why: reason,
      ...(kept === undefined ? {} : { record: kept }),
    },
    (file, text) => {
      telling(record);
      return replaceAndTell(recorder, file, text, record);
    },
  );
  if (!saved.ok) return refuse(503, saved.problem);
  await pruneApproved(recorder.state, named, new Set(kept === undefined ? [] : [kept]), recorder.now());
  return { ok: true, value: accepted };
}
