/**
 * Parses the syntax that go.mod and go.work share: lines of tokens, parenthesized blocks, `//` comments
 * (golang.org/x/mod/modfile/read.go). Go stops at the first syntax error; this parser records the problem and
 * continues with the next line, so that as much as possible is read from a half-written file.
 */
import { quoted } from './quoted.ts';

/** An error that Go would report, in Go's words (without the position prefix). */
export interface ModFileProblem {
  /** Line in the file, from 1. */
  readonly line: number;
  readonly text: string;
}

/**
 * Largest number of problems that are kept per stage of parsing: a large binary file must not produce
 * megabytes of errors.
 */
export const maxProblems = 1000;

/** One line of tokens; quoted strings still carry their quotes. */
export interface ModFileLine {
  readonly tokens: readonly string[];
  readonly line: number;
  /** Whole-line comments directly above, with their slashes; in a block also blank lines, as empty comments. */
  readonly before: readonly string[];
  /** The comment that ends the line, with its slashes. */
  readonly comment: string | undefined;
}

/** A directive: a single line, or a block `verb ( … )`. */
export interface ModFileStatement extends ModFileLine {
  /** The lines of a block; undefined for a single line. */
  readonly block: readonly ModFileLine[] | undefined;
}

/** The parsed syntax of a file; `problems` holds the syntax errors in file order. */
export interface ModFileSyntax {
  readonly statements: readonly ModFileStatement[];
  readonly problems: readonly ModFileProblem[];
}

/** Decodes without dropping a byte order mark, which Go refuses. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Decodes a module file; invalid UTF-8 becomes U+FFFD, a byte order mark is kept. */
export function decodeModFile(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Reports whether a character separates tokens. A line feed does not: it ends the line. */
function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d;
}

const punctuation = new Set(['(', ')', '[', ']', '{', '}', ',']);
/** Identifier characters: those of Go's unicode.IsPrint without blanks and punctuation. */
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u;
const asciiIdent = Array.from({ length: 128 }, (_, code) => {
  return code > 0x20 && code < 0x7f && !punctuation.has(String.fromCharCode(code));
});

/** The position of the parser in the text, and the problems found so far. */
interface Cursor {
  readonly text: string;
  at: number;
  line: number;
  readonly problems: ModFileProblem[];
}

function report({ problems }: Cursor, line: number, text: string): void {
  if (problems.length < maxProblems) problems.push({ line, text: quoted(text) });
}

/** One lexed line: tokens, then at most one comment. */
interface LexedLine {
  readonly line: number;
  readonly tokens: string[];
  comment: string | undefined;
}

/**
 * Parses the syntax of a go.mod or go.work. Never throws. `name` is the file name that Go would use in
 * messages.
 */
export function parseModFileSyntax(text: string, name: string): ModFileSyntax {
  const cursor: Cursor = { text, at: 0, line: 1, problems: [] };
  const statements: ModFileStatement[] = [];
  let before: string[] = [];
  if (text.startsWith('\uFEFF')) {
    // Go stops here. The rest of the file is still read: the author cannot see the mark.
    report(cursor, 1, `unexpected input character ${quoteRune('\uFEFF')}`);
    cursor.at = 1;
  }
  while (cursor.at < text.length) {
    const lexed = lexLine(cursor);
    if (lexed === undefined) before = [];
    else if (lexed.tokens.length > 0) {
      statements.push(readStatement(cursor, lexed, before, name));
      before = [];
    } else if (lexed.comment !== undefined) before.push(lexed.comment);
    else before = [];
  }
  return { statements, problems: cursor.problems };
}

function readStatement(cursor: Cursor, lexed: LexedLine, before: string[], name: string): ModFileStatement {
  const { tokens, line, comment } = lexed;
  const last = tokens.length - 1;
  // An opening parenthesis that ends the line opens a block, unless it is the line's first token.
  if (last >= 1 && tokens[last] === '(')
    return { tokens: tokens.slice(0, last), line, before, comment, block: readBlock(cursor, line, name) };
  if (last >= 2 && tokens[last] === ')' && tokens[last - 1] === '(')
    return { tokens: tokens.slice(0, last - 1), line, before, comment, block: [] };
  return { tokens, line, before, comment, block: undefined };
}

function readBlock(cursor: Cursor, start: number, name: string): ModFileLine[] {
  const lines: ModFileLine[] = [];
  let before: string[] = [];
  while (cursor.at < cursor.text.length) {
    const lexed = lexLine(cursor);
    if (lexed === undefined) continue;
    const { tokens, line, comment } = lexed;
    if (tokens[0] === ')') {
      if (tokens.length > 1) report(cursor, line, 'syntax error (expected newline after closing paren)');
      return lines;
    }
    if (tokens.length > 0) {
      lines.push({ tokens, line, before, comment });
      before = [];
    } else if (comment !== undefined) before.push(comment);
    // A blank line counts as a comment of the next line, which then does not inherit the comment of the
    // block.
    else if (before.length > 0 ? before.at(-1) !== '' : lines.length > 0) before.push('');
  }
  const text = `syntax error (unterminated block started at ${name}:${start}:${blockColumn(cursor.text, start)})`;
  report(cursor, cursor.line, text);
  return lines;
}

/** Returns the column of the first token of a line, from 1, in code points. */
function blockColumn(text: string, line: number): number {
  let at = 0;
  for (let n = 1; n < line; n++) at = text.indexOf('\n', at) + 1;
  let column = 1;
  while (isBlank(text.charCodeAt(at))) {
    at++;
    column++;
  }
  return column;
}

/**
 * Lexes up to and including the next line feed. Returns undefined after an error and skips the rest of that
 * line.
 */
function lexLine(cursor: Cursor): LexedLine | undefined {
  const { text } = cursor;
  const lexed: LexedLine = { line: cursor.line, tokens: [], comment: undefined };
  for (;;) {
    while (isBlank(text.charCodeAt(cursor.at))) cursor.at++;
    if (cursor.at >= text.length) return lexed;
    const char = text.charAt(cursor.at);
    if (char === '\n') {
      cursor.at++;
      cursor.line++;
      return lexed;
    }
    if (text.startsWith('//', cursor.at)) {
      lexed.comment = restOfLine(cursor);
      return lexed;
    }
    const token = lexToken(cursor, char);
    if (token === undefined) {
      restOfLine(cursor);
      return undefined;
    }
    lexed.tokens.push(token);
  }
}

/** Consumes the rest of the line including its line feed and returns it without the line ending. */
function restOfLine(cursor: Cursor): string {
  const { text, at } = cursor;
  const end = text.indexOf('\n', at);
  if (end === -1) {
    cursor.at = text.length;
    return text.slice(at);
  }
  cursor.at = end + 1;
  cursor.line++;
  return text.slice(at, text.charAt(end - 1) === '\r' ? end - 1 : end);
}

function lexToken(cursor: Cursor, char: string): string | undefined {
  if (punctuation.has(char)) {
    cursor.at++;
    return char;
  }
  return char === '"' || char === '`' ? lexString(cursor, char) : lexIdentifier(cursor);
}

function lexString(cursor: Cursor, quote: string): string | undefined {
  const { text, at: start } = cursor;
  const line = cursor.line;
  for (let at = start + 1; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === quote) {
      cursor.at = at + 1;
      return text.slice(start, at + 1);
    }
    if (char === '\n') {
      cursor.at = at;
      report(cursor, cursor.line, 'unexpected newline in string');
      return undefined;
    }
    // An escaped line feed stays inside the string, as in Go's lexer.
    if (char === '\\' && quote === '"' && text.charAt(++at) === '\n') cursor.line++;
  }
  cursor.at = text.length;
  report(cursor, line, 'unexpected EOF in string');
  return undefined;
}

function lexIdentifier(cursor: Cursor): string | undefined {
  const { text, at: start } = cursor;
  let at = start;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 0x2f && text.charAt(at + 1) === '/') break;
    if (code === 0x2f && text.charAt(at + 1) === '*') {
      report(cursor, cursor.line, 'mod files must use // comments (not /* */ comments)');
      return undefined;
    }
    if (code < 128) {
      // Quotes inside a word are ordinary characters; only at its start do they open a string.
      if (!asciiIdent[code]) break;
      at++;
      continue;
    }
    const char = String.fromCodePoint(text.codePointAt(at) ?? 0);
    if (!printable.test(char)) break;
    at += char.length;
  }
  if (at === start) {
    const char = String.fromCodePoint(text.codePointAt(start) ?? 0);
    report(cursor, cursor.line, `unexpected input character ${quoteRune(char)}`);
    return undefined;
  }
  cursor.at = at;
  return text.slice(start, at);
}

const shortEscapes: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};

/** Escapes one character as Go's %q does inside quotes. */
function escapeRune(char: string, quote: string): string {
  if (char === quote) return `\\${quote}`;
  const short = shortEscapes[char];
  if (short !== undefined) return short;
  if (char === ' ' || printable.test(char)) return char;
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}

function quoteRune(char: string): string {
  return `'${escapeRune(char, "'")}'`;
}

/** Quotes a string as Go's %q does (strconv.Quote). */
export function goQuote(text: string): string {
  return `"${Array.from(text, (char) => escapeRune(char, '"')).join('')}"`;
}

/**
 * The value of a token. `problem` is Go's error if it refuses the token; `value` is then the most plausible
 * reading.
 */
export interface TokenValue {
  readonly value: string;
  readonly problem?: string;
}

/**
 * Returns the value of a token (modfile.parseString). Double-quoted strings are Go string literals; Go
 * refuses all other quotes. The value of a refused raw string is returned too, since it is unambiguous.
 */
export function tokenValue(token: string): TokenValue {
  if (token.startsWith('"')) {
    const value = unquote(token);
    return value === undefined ? { value: token, problem: 'invalid syntax' } : { value };
  }
  if (!/["'`]/.test(token)) return { value: token };
  const raw = /^`([^`]*)`$/.exec(token)?.[1];
  return { value: raw ?? token, problem: 'unquoted string cannot contain quote' };
}

const escapeSequence =
  /\\(?:([abfnrtv\\"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.?))/gs;
const escapeValues: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};

/** Returns the value of an interpreted Go string literal (strconv.Unquote); undefined if malformed. */
function unquote(literal: string): string | undefined {
  const body = literal.slice(1, -1);
  if (literal.length < 2 || !literal.endsWith('"') || body.includes('\n')) return undefined;
  if (!body.includes('\\')) return body;
  let valid = true;
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  const push = (text: string): void => {
    for (const byte of encoder.encode(text)) bytes.push(byte);
  };
  let from = 0;
  for (const match of body.matchAll(escapeSequence)) {
    push(body.slice(from, match.index));
    from = match.index + match[0].length;
    const [, short, hex, four, eight, octal] = match;
    const code = Number.parseInt(four ?? eight ?? '', 16);
    if (short !== undefined) push(escapeValues[short] ?? '');
    else if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else if (octal !== undefined && Number.parseInt(octal, 8) < 256) bytes.push(Number.parseInt(octal, 8));
    else if (code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)) push(String.fromCodePoint(code));
    else valid = false;
  }
  push(body.slice(from));
  return valid ? decoder.decode(Uint8Array.from(bytes)) : undefined;
}
