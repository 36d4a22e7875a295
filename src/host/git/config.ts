/** Git's configuration as text (git-config(1), "Syntax" and "Includes"), as far as safe.directory and the form of a repository need it. Nothing that it names is run. */
import path from 'node:path';
import { readFile } from '../files.ts';

/** One setting; section and key in lower case. */
export interface GitSetting {
  readonly section: string;
  /** As it is written, without its quotes; `''` without one. */
  readonly subsection: string;
  readonly key: string;
  readonly value: string;
}

/** What git reads of a file: the settings before the line, counted from 1, at which it gives up. */
export interface GitConfig {
  readonly settings: readonly GitSetting[];
  readonly badLine?: number;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', b: '\b', '\\': '\\', '"': '"' };
const isBlank = (char: string) => char === ' ' || char === '\t' || char === '\n' || char === '\r';

/** The characters of a file: CRLF is one end of line, and so is the end of the file (get_next_char in git's config.c). */
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

/** What follows `[` (get_base_var and get_extended_base_var in config.c); undefined where git takes it for no section. */
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

/** A value without its quotes, escapes and comment (parse_value in config.c); undefined where git takes it for none. */
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
    // Blanks at the end count inside quotes only.
    if (!comment && (quotedNow || !isBlank(char))) kept = value.length;
  }
}

/** A setting whose first letter was read (get_value in config.c); undefined where git takes it for none. */
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

/** The settings of a file in their order, up to a line that git cannot parse: then every command that reads the file fails (git_parse_source in config.c). */
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

/** A value that names a path, with `~/` in its place. */
function pathValue(value: string, home: string): string {
  return value.startsWith('~/') ? path.join(home, value.slice(2)) : value;
}

const fileLimit = 1024 * 1024;
const mostFiles = 64;

/** A file of git's configuration. */
export interface ConfigFile {
  readonly path: string;
  /** Git reads it in whatever repository it works. */
  readonly always: boolean;
}

/** What git's own configuration, outside of any repository, says. */
export interface OwnConfig {
  /** Every `safe.directory` of the files and of what they include. */
  readonly safe: readonly string[];
  /** A line at which git gives up in whatever repository it works. */
  readonly bad?: { readonly file: string; readonly line: number };
}

/**
 * Reads files of git's own configuration. Includes under a condition count, for some conditions may hold, but for `gitdir`: git asks for safe
 * directories before it has one, so that such a condition never holds then (include_by_gitdir, read_protected_config in config.c).
 * Undefined when a file that is there cannot be read, or when there are too many.
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

/** Whether a `safe.directory` stands for whatever lies below a directory; not every git takes it (`takesPrefixes` in program.ts). */
export const isPrefix = (value: string): boolean => value.endsWith('/*');

/**
 * Whether a `safe.directory` may cover one of these directories (git-config(1)): `*`, the directory, or `above/*`. What depends on
 * where git runs or how it was built counts as covering.
 */
export function coversDirectory(value: string, directories: readonly string[], home: string): boolean {
  if (value === '*' || value === '.' || value.startsWith('%(') || /^~[^/]/.test(value)) return true;
  const named = pathValue(value, home);
  if (isPrefix(named)) return directories.some((one) => one.startsWith(named.slice(0, -1)));
  return directories.includes(named.length > 1 ? named.replace(/\/+$/, '') : named);
}
