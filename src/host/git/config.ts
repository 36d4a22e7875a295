/** Git's configuration as text (git-config(1), "Syntax" and "Includes"), as far as safe.directory needs it. Nothing that it names is run. */
import path from 'node:path';
import { readFile } from '../files.ts';

/** One setting; section and key in lower case, without the subsection. */
export interface GitSetting {
  readonly section: string;
  readonly key: string;
  readonly value: string;
}

const sectionHead = /^\s*\[\s*([A-Za-z0-9.-]+)(?:\s+"(?:[^"\\]|\\.)*")?\s*\]/;
const setting = /^\s*([A-Za-z][A-Za-z0-9-]*)\s*(?:=\s*(.*))?$/;
const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', b: '\b' };

/** A value without its quotes, escapes and comment. */
function plainValue(raw: string): string {
  let [value, kept, quotedNow] = ['', 0, false];
  for (let at = 0; at < raw.length; at++) {
    const char = raw[at] as string;
    if (char === '"') quotedNow = !quotedNow;
    else if (!quotedNow && (char === '#' || char === ';')) break;
    else if (char === '\\') {
      const next = raw[++at] ?? '';
      value += escapes[next] ?? next;
    } else value += char;
    // Blanks at the end count inside quotes only.
    if (quotedNow || !/\s/.test(char)) kept = value.length;
  }
  return value.slice(0, kept);
}

/** The settings of a file in their order; lines that are none are passed over. */
export function parseGitConfig(text: string): readonly GitSetting[] {
  const found: GitSetting[] = [];
  let section = '';
  for (const line of text.replaceAll(/\\\r?\n/g, '').split(/\r?\n/)) {
    const head = sectionHead.exec(line);
    if (head !== null) section = (head[1] as string).toLowerCase();
    const match = setting.exec(head === null ? line : line.slice(head[0].length));
    if (match !== null && section !== '')
      found.push({ section, key: (match[1] as string).toLowerCase(), value: plainValue(match[2] ?? '') });
  }
  return found;
}

/** A value that names a path, with `~/` in its place. */
function pathValue(value: string, home: string): string {
  return value.startsWith('~/') ? path.join(home, value.slice(2)) : value;
}

const fileLimit = 1024 * 1024;
const mostFiles = 64;

/**
 * Every `safe.directory` of these files and of what they include, under whatever condition. Undefined when a file that is there cannot be read,
 * or when there are too many.
 */
export function safeDirectories(files: readonly string[], home: string): readonly string[] | undefined {
  const found: string[] = [];
  const pending = [...files];
  const seen = new Set<string>();
  for (let file = pending.shift(); file !== undefined; file = pending.shift()) {
    if (seen.has(file)) continue;
    if (seen.size >= mostFiles) return undefined;
    seen.add(file);
    const read = readFile({ root: '/', path: file }, fileLimit);
    if (!read.ok && read.failure !== 'absent') return undefined;
    for (const { section, key, value } of read.ok ? parseGitConfig(read.bytes.toString('utf8')) : []) {
      if (section === 'safe' && key === 'directory') found.push(value);
      if ((section === 'include' || section === 'includeif') && key === 'path')
        pending.push(path.resolve(path.dirname(file), pathValue(value, home)));
    }
  }
  return found;
}

/**
 * Whether a `safe.directory` may cover one of these directories (git-config(1)): `*`, the directory, or `above/*` since 2.46. What depends on
 * where git runs or how it was built counts as covering.
 */
export function coversDirectory(value: string, directories: readonly string[], home: string): boolean {
  if (value === '*' || value === '.' || value.startsWith('%(') || /^~[^/]/.test(value)) return true;
  const named = pathValue(value, home);
  if (named.endsWith('/*')) return directories.some((one) => one.startsWith(named.slice(0, -1)));
  return directories.includes(named.length > 1 ? named.replace(/\/+$/, '') : named);
}
