/**
 * Reads baselines without lock, repair or write, for processes other than the exporter. A damaged or
 * unreadable one is not taken for absent.
 */
import path from 'node:path';
import type { LostBaseline } from '../drift/lost-baseline.ts';
import { parseSnapshot, type Snapshot } from '../drift/snapshot.ts';
import { sha256Hex } from '../host/digest.ts';
import { listDirectory, readFile, stampOf } from '../host/files.ts';
import { whyNewer } from './json-file.ts';
import { targetId } from './target-files.ts';

/** A stored baseline with the facts of its approval. */
export interface PeekedBaseline extends Snapshot {
  readonly fingerprint: string;
  readonly who?: string;
  readonly why?: string;
  /** SHA-256 of the approved record that was kept with it. */
  readonly record?: string;
}

/** Identifies a target: its name, and its workspace, `''` for the host itself. */
export interface TargetName {
  readonly name: string;
  readonly workspace: string;
}

/** Returns the key of a target's files: the same name in another workspace is another target. */
export function storeKey(target: TargetName): string {
  return target.workspace === '' ? target.name : `${target.name}@${target.workspace}`;
}

/** Returns the target of a {@link storeKey}; no target name contains an @. */
export function ofStoreKey(key: string): TargetName {
  const [name = '', ...workspace] = key.split('@');
  return { name, workspace: workspace.join('@') };
}

/**
 * The result of reading a stored value. `unread`: it exists and could not be read now; `damaged`: it was
 * read, and is not what was stored.
 */
export type Stored<T> =
  | { readonly state: 'absent' }
  | { readonly state: 'read'; readonly value: T }
  | { readonly state: 'unread'; readonly why: string }
  | { readonly state: 'damaged'; readonly why: string };

/** Content of the file that names a baseline's snapshot. */
interface Pointer {
  readonly snapshot: string;
  readonly sha256: string;
  readonly fingerprint: string;
  readonly time: number;
  readonly who?: string;
  readonly why?: string;
  readonly record?: string;
}

/** Reads the text of a file. */
function storedText(file: string): Stored<string> {
  const read = readFile({ root: '/', path: file });
  if (read.ok) return { state: 'read', value: read.bytes.toString('utf8') };
  return read.failure === 'absent'
    ? { state: 'absent' }
    : { state: 'unread', why: `cannot read ${file}: ${read.why}` };
}

/** Returns which snapshot is the baseline of that kind in a target's directory. */
export function readPointer(directory: string, kind: LostBaseline['kind']): Stored<Pointer> {
  const file = path.join(directory, `${kind}.json`);
  const text = storedText(file);
  if (text.state !== 'read') return text;
  const damaged = { state: 'damaged', why: `${file} is damaged` } as const;
  try {
    const found = JSON.parse(text.value) as Record<string, unknown>;
    const newer = whyNewer(file, found);
    if (newer !== undefined) return { state: 'unread', why: newer };
    const { schema, snapshot, sha256, fingerprint, time, who, why, record } = found;
    if (schema !== 1 || typeof fingerprint !== 'string' || typeof time !== 'number') return damaged;
    if (typeof snapshot !== 'string' || !/^(accepted|learned)-[0-9a-f]{16}\.snapshot$/.test(snapshot))
      return damaged;
    if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return damaged;
    const by = {
      ...(typeof who === 'string' ? { who } : {}),
      ...(typeof why === 'string' ? { why } : {}),
      ...(typeof record === 'string' && /^[0-9a-f]{64}$/.test(record) ? { record } : {}),
    };
    return { state: 'read', value: { snapshot, sha256, fingerprint, time, ...by } };
  } catch {
    return damaged;
  }
}

/** Attempts to read a baseline that is being replaced at the same time. */
const tries = 3;

/** Returns the baseline of that kind in a target's directory. */
export function readBaseline(directory: string, kind: LostBaseline['kind']): Stored<PeekedBaseline> {
  let found: Stored<PeekedBaseline> = { state: 'absent' };
  for (let attempt = 0; attempt < tries; attempt++) {
    const pointer = readPointer(directory, kind);
    if (pointer.state !== 'read') return pointer;
    found = readSnapshot(directory, pointer.value);
    if (found.state !== 'damaged') return found;
    // If another snapshot is named now, the baseline was replaced in between: try again.
    const now = readPointer(directory, kind);
    if (now.state === 'read' && now.value.sha256 === pointer.value.sha256) return found;
  }
  return found;
}

function readSnapshot(directory: string, { snapshot, sha256, ...facts }: Pointer): Stored<PeekedBaseline> {
  const file = path.join(directory, snapshot);
  const text = storedText(file);
  if (text.state === 'absent') return { state: 'damaged', why: `${file} is gone` };
  if (text.state !== 'read') return text;
  if (sha256Hex(text.value) !== sha256)
    return { state: 'damaged', why: `${file} was changed after it was stored` };
  try {
    return { state: 'read', value: { ...facts, entries: parseSnapshot(text.value).entries } };
  } catch {
    return { state: 'damaged', why: `${file} is no snapshot` };
  }
}

/** Kinds of baselines stored in files. */
type StoredKind = 'accepted' | 'learned';

/** Reports whether a baseline is stored for a target, intact or not. */
export function hasBaseline(
  stateDirectory: string,
  target: TargetName,
  kinds: readonly StoredKind[] = ['accepted', 'learned'],
): boolean {
  const directory = targetFiles(stateDirectory, target);
  const found = kinds.map((kind) => stampOf({ root: '/', path: path.join(directory, `${kind}.json`) }));
  return found.some((stamp) => stamp !== undefined);
}

/**
 * Returns the sorted names of the other targets of a workspace with a stored baseline. Opens no file: a
 * target's directory name begins with the target's name, and its digest tells which of the possible names it
 * is. A name that was cut off there (40 characters) is not found.
 */
export function othersWithBaseline(
  stateDirectory: string,
  { name: own, workspace }: TargetName,
  kinds?: readonly StoredKind[],
): readonly string[] {
  const names = listDirectory({ root: '/', path: path.join(stateDirectory, 'targets') }).flatMap((id) => {
    const readable = id.slice(0, id.lastIndexOf('-'));
    const ends = [...readable.matchAll(/_|$/g)].map(({ index }) => readable.slice(0, index));
    return ends.filter((name) => targetId(storeKey({ name, workspace })) === id);
  });
  return names
    .filter((name) => name !== own && hasBaseline(stateDirectory, { name, workspace }, kinds))
    .sort();
}

/** Returns the directory of a target's files. */
export function targetFiles(stateDirectory: string, target: TargetName): string {
  return path.join(stateDirectory, 'targets', targetId(storeKey(target)));
}

/**
 * Returns the accepted and learned baselines of a target that are stored and intact; `lost` names those that
 * exist and cannot be used.
 */
export function readTargetBaselines(
  stateDirectory: string,
  target: TargetName,
): {
  readonly accepted?: PeekedBaseline;
  readonly learned?: PeekedBaseline;
  readonly lost: readonly LostBaseline[];
} {
  const directory = targetFiles(stateDirectory, target);
  const lost: LostBaseline[] = [];
  const whole = (kind: LostBaseline['kind']) => {
    const found = readBaseline(directory, kind);
    if (found.state === 'read') return { [kind]: found.value };
    if (found.state !== 'absent') lost.push(lostAs(kind, found));
    else if (wasKnown(directory, kind)) lost.push({ kind, why: `it was ${kind}, and its file is gone` });
    return {};
  };
  return { ...whole('accepted'), ...whole('learned'), lost };
}

/** Reports whether the exporter has recorded a baseline of that kind. */
function wasKnown(directory: string, kind: LostBaseline['kind']): boolean {
  const state = storedText(path.join(directory, 'state.json'));
  try {
    return state.state === 'read' && typeof JSON.parse(state.value)[`${kind}Told`] === 'number';
  } catch {
    return false;
  }
}

/** Describes a baseline that is stored and cannot be used. */
export function lostAs(
  kind: LostBaseline['kind'],
  { state, why }: Extract<Stored<never>, { readonly why: string }>,
): LostBaseline {
  return { kind, why, ...(state === 'unread' ? { unread: true } : {}) };
}
