/**
 * Parses git's configuration (git-config(1), "Syntax" and "Includes"), as far as safe.directory and the
 * repository format need it. Runs nothing that it names.
 */
import path from 'node:path';
import { readFile } from '../files.ts';

/** One setting; section and key in lower case. */
export interface GitSetting {
  readonly section: string;
  /** As written, without quotes; `''` without one. */
  readonly subsection: string;
  readonly key: string;
  readonly value: string;
}

/** The settings that git reads of a file, up to the line (counted from 1) at which it fails. */
export interface GitConfig {
  readonly settings: readonly GitSetting[];
  readonly badLine?: number;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', b: '\b', '\\': '\\', '"': '"' };
const isBlank = (char: string) => char === ' ' || char === '\t' || char === '\n' || char === '\r';

/**
 * The characters of a file. CRLF counts as one newline, and so does the end of the file (get_next_char in
 * git's config.c).
 */
class Characters {
  line = 1;
  ended = false;
  private at = 0;
  private readonly text: string;
  constructor(text: string) {
    this.text = text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n');
  }
  next(): string {
    const char = this.text[this.at++];
    if (char === '\n') this.line++;
    if (char === undefined) this.ended = true;
    return char ?? '\n';
  }
}

/**
 * Parses what follows `[` (get_base_var and get_extended_base_var in config.c); undefined if git rejects it.
 */
function sectionAfter(from: Characters): Pick<GitSetting, 'section' | 'subsection'> | undefined {
  let section = '';
  let char = from.next();
  for (; /[A-Za-z0-9.-]/.test(char); char = from.next()) section += char.toLowerCase();
  if (section === '' || from.ended) return undefined;
  if (char === ']') return { section, subsection: '' };
  if (!isBlank(char)) return undefined;
  while (isBlank(char) && char !== '\n') char = from.next();
  if (char !== '"') return undefined;
  let subsection = '';
  for (char = from.next(); char !== '"'; char = from.next()) {
    if (char === '\\') char = from.next();
    if (char === '\n') return undefined;
    subsection += char;
  }
  return from.next() === ']' ? { section, subsection } : undefined;
}

/**
 * Parses a value without quotes, escapes and comment (parse_value in config.c); undefined if git rejects it.
 */
function valueAfter(from: Characters): string | undefined {
  let [value, kept, quotedNow, comment] = ['', 0, false, false];
  for (;;) {
    let char = from.next();
    if (char === '\n') return quotedNow ? undefined : value.slice(0, kept);
    if (comment) continue;
    if (char === '"') quotedNow = !quotedNow;
    else if (!quotedNow && (char === '#' || char === ';')) comment = true;
    else if (char === '\\') {
      char = from.next();
      if (char === '\n') continue;
      if (escapes[char] === undefined) return undefined;
      value += escapes[char];
    } else if (quotedNow || !isBlank(char) || value !== '') value += char;
    // Trailing blanks count inside quotes only.
    if (!comment && (quotedNow || !isBlank(char))) kept = value.length;
  }
}

/** Parses a setting after its first letter (get_value in config.c); undefined if git rejects it. */
function settingAfter(
  first: string,
  from: Characters,
): { readonly key: string; readonly value: string } | undefined {
  let key = first.toLowerCase();
  let char = from.next();
  for (; /[A-Za-z0-9-]/.test(char); char = from.next()) key += char.toLowerCase();
  while (char === ' ' || char === '\t') char = from.next();
  if (char === '\n') return { key, value: '' };
  const value = char === '=' ? valueAfter(from) : undefined;
  return value === undefined ? undefined : { key, value };
}

/**
 * Returns the settings of a file in order, up to a line that git cannot parse: every command that reads the
 * file fails there (git_parse_source in config.c).
 */
export function parseGitConfig(text: string): GitConfig {
  const settings: GitSetting[] = [];
  let head: Pick<GitSetting, 'section' | 'subsection'> = { section: '', subsection: '' };
  const from = new Characters(text);
  let comment = false;
  while (!from.ended) {
    const { line } = from;
    const char = from.next();
    if (char === '\n') comment = false;
    else if (comment || isBlank(char)) continue;
    else if (char === '#' || char === ';') comment = true;
    else if (char === '[') {
      const next = sectionAfter(from);
      if (next === undefined) return { settings, badLine: line };
      head = next;
    } else {
      const setting = /[A-Za-z]/.test(char) ? settingAfter(char, from) : undefined;
      if (setting === undefined) return { settings, badLine: line };
      if (head.section !== '') settings.push({ ...head, ...setting });
    }
  }
  return { settings };
}

/** Expands `~/` at the beginning of a path value. */
function pathValue(value: string, home: string): string {
  return value.startsWith('~/') ? path.join(home, value.slice(2)) : value;
}

const fileLimit = 1024 * 1024;
const mostFiles = 64;

/** A file of git's configuration. */
export interface ConfigFile {
  readonly path: string;
  /** Whether git reads it in every repository. */
  readonly always: boolean;
}

/** Settings of git's configuration outside of any repository. */
export interface OwnConfig {
  /** Every `safe.directory` of the files and their includes. */
  readonly safe: readonly string[];
  /** A line that makes git fail in every repository. */
  readonly bad?: { readonly file: string; readonly line: number };
}

/**
 * Reads git's own configuration files. Conditional includes count, because their condition may hold, except
 * `gitdir`: git checks for safe directories before it has one, so that such a condition never holds then
 * (include_by_gitdir, read_protected_config in config.c). Undefined if an existing file cannot be read, or
 * there are too many.
 */
export function readOwnConfig(files: readonly ConfigFile[], home: string): OwnConfig | undefined {
  const safe: string[] = [];
  const pending = [...files];
  const seen = new Set<string>();
  for (let file = pending.shift(); file !== undefined; file = pending.shift()) {
    if (seen.has(file.path)) continue;
    if (seen.size >= mostFiles) return undefined;
    seen.add(file.path);
    const read = readFile({ root: '/', path: file.path }, fileLimit);
    if (!read.ok && read.failure !== 'absent') return undefined;
    const { settings, badLine } = parseGitConfig(read.ok ? read.bytes.toString('utf8') : '');
    if (badLine !== undefined && file.always) return { safe, bad: { file: file.path, line: badLine } };
    for (const { section, subsection, key, value } of settings) {
      if (section === 'safe' && key === 'directory') safe.push(value);
      if (key !== 'path' || value === '') continue;
      const plain = section === 'include' && subsection === '';
      if (plain || (section === 'includeif' && !/^gitdir(?:\/i)?:/.test(subsection)))
        pending.push({
          path: path.resolve(path.dirname(file.path), pathValue(value, home)),
          always: file.always && plain,
        });
    }
  }
  return { safe };
}

/**
 * Reports whether a `safe.directory` covers everything below a directory; not every git supports that
 * (`takesPrefixes` in program.ts).
 */
export const isPrefix = (value: string): boolean => value.endsWith('/*');

/**
 * Reports whether a `safe.directory` may cover one of these directories (git-config(1)): `*`, the directory
 * itself, or `above/*`. A value that depends on where git runs or how it was built counts as covering.
 */
export function coversDirectory(value: string, directories: readonly string[], home: string): boolean {
  if (value === '*' || value === '.' || value.startsWith('%(') || /^~[^/]/.test(value)) return true;
  const named = pathValue(value, home);
  if (isPrefix(named)) return directories.some((one) => one.startsWith(named.slice(0, -1)));
  return directories.includes(named.length > 1 ? named.replace(/\/+$/, '') : named);
}
