/** Reading baselines without being the exporter: no lock, no repair, no write. What is damaged is passed over; the exporter reports it. */
import path from 'node:path';
import { parseSnapshot, type Snapshot } from '../drift/snapshot.ts';
import { sha256Hex } from '../host/digest.ts';
import { stampOf } from '../host/files.ts';
import { readText, targetId } from './target-files.ts';

/** A baseline that is stored, with the facts of its approval. */
export interface PeekedBaseline extends Snapshot {
  readonly fingerprint: string;
  readonly who?: string;
  readonly why?: string;
}

/** The name under which a target's files lie: the same name in another workspace is another target. */
export function storeKey(target: { readonly name: string; readonly workspace: string }): string {
  return target.workspace === '' ? target.name : `${target.name}@${target.workspace}`;
}

function peek(directory: string, kind: 'accepted' | 'learned'): PeekedBaseline | undefined {
  const pointer = readText(path.join(directory, `${kind}.json`));
  if (pointer === undefined) return undefined;
  try {
    const { snapshot, sha256, fingerprint, time, who, why } = JSON.parse(pointer) as Record<string, unknown>;
    if (typeof snapshot !== 'string' || !/^(accepted|learned)-[0-9a-f]{16}\.snapshot$/.test(snapshot))
      return undefined;
    const text = readText(path.join(directory, snapshot));
    if (text === undefined || sha256Hex(text) !== sha256) return undefined;
    return {
      entries: parseSnapshot(text).entries,
      time: Number(time),
      fingerprint: String(fingerprint),
      ...(typeof who === 'string' ? { who } : {}),
      ...(typeof why === 'string' ? { why } : {}),
    };
  } catch {
    return undefined;
  }
}

/** Whether a baseline is stored for a target, whole or not. */
export function hasBaseline(
  stateDirectory: string,
  target: { readonly name: string; readonly workspace: string },
): boolean {
  const directory = path.join(stateDirectory, 'targets', targetId(storeKey(target)));
  const found = ['accepted.json', 'learned.json'].map((name) =>
    stampOf({ root: '/', path: path.join(directory, name) }),
  );
  return found.some((stamp) => stamp !== undefined);
}

/** Accepted and learned baseline of a target, where they are stored and whole. */
export function readTargetBaselines(
  stateDirectory: string,
  target: { readonly name: string; readonly workspace: string },
): { readonly accepted?: PeekedBaseline; readonly learned?: PeekedBaseline } {
  const directory = path.join(stateDirectory, 'targets', targetId(storeKey(target)));
  const accepted = peek(directory, 'accepted');
  const learned = peek(directory, 'learned');
  return { ...(accepted === undefined ? {} : { accepted }), ...(learned === undefined ? {} : { learned }) };
}
