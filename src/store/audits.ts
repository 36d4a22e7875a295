/**
 * What is kept of audits: `audits/<id>.records` so that the next process hashes only what moved and knows which action led where, and
 * `audits/<id>.json`, the last verdict, for a `check` beside the exporter. `<id>` is a digest of what was audited.
 *
 * A records file is one line of JSON (schema, subject, facts, SHA-256 of the rest), a newline, and bytes.
 */
import path from 'node:path';
import { ensureDirectory, writeAtomic } from '../host/atomic.ts';
import { sha256Hex } from '../host/digest.ts';
import { readFile } from '../host/files.ts';
import { probeSocket, socketAddress } from '../host/lock.ts';
import { setAside } from './json-file.ts';
import { adminSocketPath, attempt, type StateDirectory, type WriteResult } from './state-directory.ts';
import { readText } from './target-files.ts';

/** Records with the facts about them; what is in either is the auditor's business. */
export interface AuditRecords {
  readonly facts: Readonly<Record<string, string | number>>;
  readonly bytes: Uint8Array;
}

const schema = 1;
/** Ten million entries; a larger file was not written by us. */
const limitBytes = 1024 ** 3;

function fileOf(stateDirectory: string, subject: string, end: 'records' | 'json'): string {
  return path.join(stateDirectory, 'audits', `${sha256Hex(subject).slice(0, 32)}.${end}`);
}

function parseRecords(file: Buffer, subject: string): AuditRecords | string {
  const end = file.indexOf(0x0a);
  try {
    const head = JSON.parse(file.toString('utf8', 0, Math.max(0, end))) as Record<string, unknown>;
    if (head['schema'] !== schema) return `schema ${String(head['schema'])} is not ${schema}`;
    if (head['subject'] !== subject) return 'it belongs to another subject';
    const bytes = file.subarray(end + 1);
    if (head['sha256'] !== sha256Hex(bytes)) return 'its content is not what was written';
    return { facts: head['facts'] as AuditRecords['facts'], bytes };
  } catch {
    return 'its first line is no JSON';
  }
}

/** Reads without repair, for those who hold no lock; undefined when there are none that can be used. */
export async function peekAuditRecords(
  stateDirectory: string,
  subject: string,
): Promise<AuditRecords | undefined> {
  const read = await readFile({ root: '/', path: fileOf(stateDirectory, subject, 'records') }, limitBytes);
  const parsed = read.ok ? parseRecords(read.bytes, subject) : undefined;
  return typeof parsed === 'object' ? parsed : undefined;
}

/** Reads the records of a subject; a damaged file is moved aside and reported. */
export async function loadAuditRecords(
  state: StateDirectory,
  subject: string,
  timeMs: number,
): Promise<{ readonly value?: AuditRecords; readonly problem?: string }> {
  const file = fileOf(state.path, subject, 'records');
  const read = await readFile({ root: '/', path: file }, limitBytes);
  if (!read.ok) return read.failure === 'absent' ? {} : { problem: `cannot read ${file}: ${read.why}` };
  const parsed = parseRecords(read.bytes, subject);
  return typeof parsed === 'string'
    ? { problem: await setAside(state, file, parsed, timeMs) }
    : { value: parsed };
}

function write(state: StateDirectory, file: string, data: Uint8Array): Promise<WriteResult> {
  return attempt(state, file, async () => {
    await ensureDirectory(path.dirname(file));
    await writeAtomic(file, data);
    return undefined;
  });
}

/** Replaces the records of a subject. */
export function saveAuditRecords(
  state: StateDirectory,
  subject: string,
  { facts, bytes }: AuditRecords,
): Promise<WriteResult> {
  const head = JSON.stringify({ schema, subject, facts, sha256: sha256Hex(bytes) });
  return write(
    state,
    fileOf(state.path, subject, 'records'),
    Buffer.concat([Buffer.from(`${head}\n`), bytes]),
  );
}

/** Publishes a verdict for other processes of this user. */
export function saveVerdict(state: StateDirectory, subject: string, verdict: unknown): Promise<WriteResult> {
  const text = JSON.stringify({ schema, subject, verdict });
  return write(state, fileOf(state.path, subject, 'json'), Buffer.from(`${text}\n`));
}

/** The verdict of an exporter that runs now; undefined when none runs or none was published. The caller checks its shape. */
export async function readLiveVerdict(stateDirectory: string, subject: string): Promise<unknown> {
  const text = await readText(fileOf(stateDirectory, subject, 'json'));
  if (text === undefined) return undefined;
  const alive = await probeSocket(await socketAddress(adminSocketPath(stateDirectory)).catch(() => ''));
  if (alive !== 'alive') return undefined;
  try {
    const stored = JSON.parse(text) as Record<string, unknown>;
    return stored['schema'] === schema && stored['subject'] === subject ? stored['verdict'] : undefined;
  } catch {
    return undefined;
  }
}
