/**
 * Small JSON files, validated when read. A damaged one is moved aside and reported: it never stops a start,
 * and is kept for inspection. One written by a newer version is left alone, because that version may come
 * back.
 */
import type { z } from 'zod';
import { renameFile, writeAtomic } from '../host/atomic.ts';
import { listNames, readFile } from '../host/files.ts';
import { issueText } from './plain-issue.ts';
import { attempt, type StateDirectory, type WriteResult } from './state-directory.ts';

/**
 * The result of reading a file. `problem` (one line) if it could not be used; neither field if it does not
 * exist. `unread`: it exists and could not be read now, so it must not be overwritten.
 */
export interface Loaded<T> {
  readonly value?: T;
  readonly problem?: string;
  readonly unread?: true;
}

/** Reads a file; `left` says in one line why it cannot be read now. Both are absent if it does not exist. */
export function readBytes(file: string, limit?: number): { readonly bytes?: Buffer; readonly left?: string } {
  const read = readFile({ root: '/', path: file }, limit);
  if (read.ok) return { bytes: read.bytes };
  return read.failure === 'absent' ? {} : { left: `cannot read ${file}: ${read.why}` };
}

/** Lists a directory, empty if it does not exist; `left` says in one line why it cannot be listed now. */
export function namesKept(directory: string): { readonly names: readonly string[]; readonly left?: string } {
  const listed = listNames({ root: '/', path: directory });
  if (listed.ok) return { names: listed.names };
  return {
    names: [],
    ...(listed.failure === 'absent' ? {} : { left: `cannot list ${directory}: ${listed.why}` }),
  };
}

/**
 * Reads a file: its text, and the text parsed as JSON where it is valid. `left` says in one line why the file
 * must be left alone: it cannot be read now, or a newer version wrote it. Empty if it does not exist.
 * `newest` is the schema that this version writes there.
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

/** Reads and validates a file; `timeMs` names the copy of a damaged one (`<file>.corrupt-<ms>`). */
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

/** The newest `schema` of this version's files, unless specified otherwise. */
const newestSchema = 1;

/**
 * Returns that a file was written by a newer version, in one line; undefined otherwise. Such a file is
 * neither used nor changed.
 */
export function whyNewer(file: string, content: unknown, newest = newestSchema): string | undefined {
  if (typeof content !== 'object' || content === null || !('schema' in content)) return undefined;
  const { schema } = content;
  if (typeof schema !== 'number' || !Number.isInteger(schema) || schema <= newest) return undefined;
  return `${file} has schema ${schema} of a newer godrift: it is left unchanged and not used`;
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

/** Writes a value atomically, with mode 0600. */
export function saveJson(state: StateDirectory, file: string, value: unknown): Promise<WriteResult> {
  return attempt(state, file, async () => {
    await writeAtomic(file, `${JSON.stringify(value)}\n`);
    return undefined;
  });
}

/** Parses a text as JSON; undefined if it is absent or invalid. */
export function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
