/**
 * Small JSON files that are checked when they are read. One that is damaged is moved aside and said: it never stops a start, and it stays there for
 * whoever wants to know. One that a newer version wrote is left alone, for that version will come back.
 */
import type { z } from 'zod';
import { renameFile, writeAtomic } from '../host/atomic.ts';
import { listNames, readFile } from '../host/files.ts';
import { issueText } from './plain-issue.ts';
import { attempt, type StateDirectory, type WriteResult } from './state-directory.ts';

/**
 * What a file held. `problem` (one line) where it could not be used; neither field where there is no file. `unread`: it is there, whole or not,
 * and could not be read this time: whoever took that for nothing would write over it.
 */
export interface Loaded<T> {
  readonly value?: T;
  readonly problem?: string;
  readonly unread?: true;
}

/** Bytes of a file, or why they are not known this time, in one line. Neither where there is no file. */
export function readBytes(file: string, limit?: number): { readonly bytes?: Buffer; readonly left?: string } {
  const read = readFile({ root: '/', path: file }, limit);
  if (read.ok) return { bytes: read.bytes };
  return read.failure === 'absent' ? {} : { left: `cannot read ${file}: ${read.why}` };
}

/** The names in a directory, or why they are not known this time, in one line. None where there is no directory. */
export function namesKept(directory: string): { readonly names: readonly string[]; readonly left?: string } {
  const listed = listNames({ root: '/', path: directory });
  if (listed.ok) return { names: listed.names };
  return {
    names: [],
    ...(listed.failure === 'absent' ? {} : { left: `cannot list ${directory}: ${listed.why}` }),
  };
}

/**
 * What a file holds: its text, and that as JSON where it is any. `left`: why it is left alone, in one line, for it cannot be read this time, or a newer version
 * wrote it. Nothing where there is no file. `newest` is the schema that this version writes there.
 */
export function readKept(
  file: string,
  { limit, newest }: { readonly limit?: number; readonly newest?: number } = {},
): { readonly text?: string; readonly content?: unknown; readonly left?: string } {
  const { bytes, left } = readBytes(file, limit);
  if (bytes === undefined) return left === undefined ? {} : { left };
  const text = bytes.toString('utf8');
  const content = jsonOf(text);
  const newer = whyNewer(file, content, newest);
  return newer === undefined ? { text, content } : { left: newer };
}

/** Reads a file against its schema; `timeMs` names the copy of a damaged one (`<file>.corrupt-<ms>`). */
export async function loadJson<T>(
  state: StateDirectory,
  file: string,
  schema: z.ZodType<T>,
  timeMs: number,
): Promise<Loaded<T>> {
  const { text, content, left } = readKept(file);
  if (left !== undefined) return { problem: left, unread: true };
  if (text === undefined) return {};
  const parsed = schema.safeParse(content);
  if (parsed.success) return { value: parsed.data };
  const [issue] = parsed.error.issues;
  const isJson = content !== undefined && issue !== undefined;
  return { problem: await setAside(state, file, isJson ? issueText(issue, 'it') : 'it is no JSON', timeMs) };
}

/** The newest `schema` that a file of this version bears, where nothing else is said of it. */
const newestSchema = 1;

/** That a file is one of a newer version, in one line; undefined where it is not. Such a file is neither used nor touched. */
export function whyNewer(file: string, content: unknown, newest = newestSchema): string | undefined {
  if (typeof content !== 'object' || content === null || !('schema' in content)) return undefined;
  const { schema } = content;
  if (typeof schema !== 'number' || !Number.isInteger(schema) || schema <= newest) return undefined;
  return `${file} is of schema ${schema}, which a newer godrift writes: it is left as it is, and not used`;
}

/** Moves a damaged file to `<file>.corrupt-<ms>`; returns the line that reports it. */
export async function setAside(
  state: StateDirectory,
  file: string,
  why: string,
  timeMs: number,
): Promise<string> {
  const aside = `${file}.corrupt-${timeMs}`;
  const moved = await attempt(state, file, () => renameFile(file, aside));
  return moved.ok ? `${file} is damaged (${why}), moved to ${aside}` : `${file} is damaged (${why})`;
}

/** Writes a value, atomically, 0600. */
export function saveJson(state: StateDirectory, file: string, value: unknown): Promise<WriteResult> {
  return attempt(state, file, async () => {
    await writeAtomic(file, `${JSON.stringify(value)}\n`);
    return undefined;
  });
}

/** What a text of a file says; undefined where there is none, or it is no JSON. */
export function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
