/**
 * Parses go.mod files in two ways: strictly, as the file of a main module (golang.org/x/mod/modfile/rule.go,
 * Parse without a version fixer, as `go mod edit` does), and by the plain text scan of toolchain selection
 * (cmd/go/internal/gover/gomod.go).
 */

import {
  decodeModFile,
  goQuote,
  type ModFileLine,
  type ModFileProblem,
  type ModFileStatement,
  maxProblems,
  parseModFileSyntax,
  tokenValue,
} from './modfile-lexer.ts';
import { quoted } from './quoted.ts';
import { fieldsOf, trimSpace } from './space.ts';

export type { ModFileProblem } from './modfile-lexer.ts';

/** `module path`, with the text of a `Deprecated:` comment. */
export interface ModuleDirective {
  readonly path: string;
  readonly deprecated?: string;
  readonly line: number;
}

/** `go 1.N[.P]`. */
export interface GoDirective {
  readonly version: string;
  readonly line: number;
}

/** `toolchain goX` or `toolchain default`. */
export interface ToolchainDirective {
  readonly name: string;
  readonly line: number;
}

/** `exclude path version`. */
export interface ExcludeDirective {
  readonly path: string;
  readonly version: string;
  readonly line: number;
}

/** `require path version`, with its `// indirect`. */
export interface RequireDirective extends ExcludeDirective {
  readonly indirect: boolean;
}

/** `replace path [version] => newPath [newVersion]`; without newVersion newPath is a directory. */
export interface ReplaceDirective {
  readonly path: string;
  readonly version?: string;
  readonly newPath: string;
  readonly newVersion?: string;
  readonly line: number;
}

/** `retract low` or `retract [low, high]`; low equals high for one version. */
export interface RetractDirective {
  readonly low: string;
  readonly high: string;
  readonly rationale: string;
  readonly line: number;
}

/** `tool`, `ignore`, `use`: one path. */
export interface PathDirective {
  readonly path: string;
  readonly line: number;
}

/** `godebug key=value`. */
export interface GodebugDirective {
  readonly key: string;
  readonly value: string;
  readonly line: number;
}

/** A go.mod: the directives that Go would accept, in file order, duplicates included. */
export interface GoMod {
  readonly module?: ModuleDirective;
  readonly go?: GoDirective;
  readonly toolchain?: ToolchainDirective;
  readonly require: readonly RequireDirective[];
  readonly replace: readonly ReplaceDirective[];
  readonly exclude: readonly ExcludeDirective[];
  readonly retract: readonly RetractDirective[];
  readonly tool: readonly PathDirective[];
  readonly godebug: readonly GodebugDirective[];
  readonly ignore: readonly PathDirective[];
  /** Versions in require, exclude and replace lines that are not canonical (`v1.2`), as written. */
  readonly shortVersions: readonly { readonly version: string; readonly line: number }[];
  /**
   * Errors that go reports for a main module: syntax errors first (go prints only the first of them), then
   * those of directives.
   */
  readonly problems: readonly ModFileProblem[];
}

/** The error with which go refuses a directive. */
export type Refusal = { readonly refused: string };

/** Reports whether a directive was refused. */
export function isRefused(result: object): result is Refusal {
  return 'refused' in result;
}

/** One directive with its arguments, from a single line or from a block. */
export interface DirectiveLine {
  readonly verb: string;
  readonly args: readonly string[];
  readonly source: ModFileLine;
  /** The block that holds the line; its comments apply to lines without comments of their own. */
  readonly block: ModFileStatement | undefined;
}

/**
 * Calls `read` for every directive line of a file, inside and outside of blocks, and returns the refusals in
 * file order. Blocks whose verb is not in `blockVerbs` are refused as a whole (`go ( … )`, although `go` is
 * known).
 */
export function readDirectives(
  statements: readonly ModFileStatement[],
  blockVerbs: ReadonlySet<string>,
  read: (line: DirectiveLine) => string | undefined,
): ModFileProblem[] {
  const problems: ModFileProblem[] = [];
  const refuse = (line: number, text: string | undefined): void => {
    if (text !== undefined && problems.length < maxProblems) problems.push({ line, text: quoted(text) });
  };
  const take = (line: DirectiveLine): void => refuse(line.source.line, read(line));
  for (const statement of statements) {
    const [verb = '', ...args] = statement.tokens;
    if (statement.block === undefined) take({ verb, args, source: statement, block: undefined });
    else if (args.length > 0 || !blockVerbs.has(verb))
      refuse(statement.line, `unknown block type: ${statement.tokens.join(' ')}`);
    else
      for (const line of statement.block) take({ verb, args: line.tokens, source: line, block: statement });
  }
  return problems;
}

const blockVerbs = new Set([
  'module',
  'godebug',
  'require',
  'exclude',
  'replace',
  'retract',
  'tool',
  'ignore',
]);

/** The directives read so far. */
interface Gathered {
  module?: ModuleDirective;
  /** Set by refused module statements too: the next module statement is a repetition in any case. */
  sawModule: boolean;
  go?: GoDirective;
  toolchain?: ToolchainDirective;
  readonly require: RequireDirective[];
  readonly replace: ReplaceDirective[];
  readonly exclude: ExcludeDirective[];
  readonly retract: RetractDirective[];
  readonly tool: PathDirective[];
  readonly godebug: GodebugDirective[];
  readonly ignore: PathDirective[];
  readonly shortVersions: { readonly version: string; readonly line: number }[];
}

/**
 * The problem of a file without a module line. It comes last, since go reports it only after parsing
 * succeeded.
 */
export const missingModule = 'missing module declaration';

/** Parses a go.mod. Never throws: lines that go would refuse are in `problems`, all others are still read. */
export function parseGoMod(bytes: Uint8Array): GoMod {
  const { statements, problems: syntax } = parseModFileSyntax(decodeModFile(bytes), 'go.mod');
  const gathered: Gathered = {
    sawModule: false,
    require: [],
    replace: [],
    exclude: [],
    retract: [],
    tool: [],
    godebug: [],
    ignore: [],
    shortVersions: [],
  };
  const problems = [
    ...syntax,
    ...readDirectives(statements, blockVerbs, (line) => readDirective(gathered, line)),
  ];
  const { sawModule, ...mod } = gathered;
  if (!sawModule) problems.push({ line: 1, text: missingModule });
  return { ...mod, problems };
}

/** Adds one directive to `mod`; returns the error if go refuses the directive, else undefined. */
function readDirective(mod: Gathered, { verb, args, source, block }: DirectiveLine): string | undefined {
  const { line } = source;
  switch (verb) {
    case 'go':
      return keep(readGo(args, line, mod.go), (go) => {
        mod.go = go;
      });
    case 'toolchain':
      return keep(readToolchain(args, line, mod.toolchain), (toolchain) => {
        mod.toolchain = toolchain;
      });
    case 'module': {
      const repeated = mod.sawModule;
      mod.sawModule = true;
      return keep(readModule(args, source, block, repeated), (module) => {
        mod.module = module;
      });
    }
    case 'godebug':
      return keep(readGodebug(args, line), (godebug) => mod.godebug.push(godebug));
    case 'require':
      return keep(readRequirement(verb, args, line), (entry) => {
        mod.require.push({ ...entry, indirect: isIndirect(source.comment) });
        mod.shortVersions.push(...shortVersions(args.slice(1), line));
      });
    case 'exclude':
      return keep(readRequirement(verb, args, line), (entry) => {
        mod.exclude.push(entry);
        mod.shortVersions.push(...shortVersions(args.slice(1), line));
      });
    case 'replace':
      return keep(readReplace(args, line), (replace) => {
        mod.replace.push(replace);
        const arrow = args.indexOf('=>');
        mod.shortVersions.push(...shortVersions([...args.slice(1, arrow), ...args.slice(arrow + 2)], line));
      });
    case 'retract':
      return keep(readRetract(args, source, block), (retract) => mod.retract.push(retract));
    case 'tool':
    case 'ignore':
      return keep(readPath(`${verb} directive expects exactly one argument`, args, line), (path) =>
        mod[verb].push(path),
      );
    default:
      return `unknown directive: ${verb}`;
  }
}

/** Passes an accepted directive to `store`; returns the text of a refusal, else undefined. */
export function keep<T extends object>(
  result: T | Refusal,
  store: (accepted: T) => unknown,
): string | undefined {
  if (isRefused(result)) return result.refused;
  store(result);
  return undefined;
}

/** The pattern modfile.GoVersionRE. */
const goVersion = /^[1-9][0-9]*\.(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))?(?:[a-z]+[0-9]+)?$/;

/** Reads `go VERSION`; a second go line is refused. */
export function readGo(
  args: readonly string[],
  line: number,
  earlier: GoDirective | undefined,
): GoDirective | Refusal {
  const [version] = args;
  if (earlier !== undefined) return { refused: 'repeated go statement' };
  if (version === undefined || args.length !== 1)
    return { refused: 'go directive expects exactly one argument' };
  if (!goVersion.test(version))
    return { refused: `invalid go version '${version}': must match format 1.23.0` };
  return { version, line };
}

/**
 * Reads `toolchain NAME`; a second toolchain line is refused. Names are checked less strictly than versions
 * (modfile.ToolchainRE).
 */
export function readToolchain(
  args: readonly string[],
  line: number,
  earlier: ToolchainDirective | undefined,
): ToolchainDirective | Refusal {
  const [name] = args;
  if (earlier !== undefined) return { refused: 'repeated toolchain statement' };
  if (name === undefined || args.length !== 1)
    return { refused: 'toolchain directive expects exactly one argument' };
  if (!/^default$|^go1(?:$|\.)/.test(name))
    return { refused: `invalid toolchain version '${name}': must match format go1.23.0 or default` };
  return { name, line };
}

function readModule(
  args: readonly string[],
  source: ModFileLine,
  block: ModFileStatement | undefined,
  repeated: boolean,
): ModuleDirective | Refusal {
  if (repeated) return { refused: 'repeated module statement' };
  const result = readPath('usage: module module/path', args, source.line);
  if (isRefused(result)) return result;
  // A comment paragraph that begins with "Deprecated:" is a deprecation notice (modfile.deprecatedRE).
  const deprecated = /(?:^|\n\n)Deprecated: *(.*?)(?:$|\n\n)/s.exec(commentText(source, block))?.[1];
  return deprecated === undefined || deprecated === '' ? result : { ...result, deprecated };
}

/**
 * Returns the comments of a line, or of its block if the line has none, without slashes and surrounding
 * blanks.
 */
function commentText(line: ModFileLine, block: ModFileStatement | undefined): string {
  const own = line.comment === undefined ? line.before : [...line.before, line.comment];
  const comments = own.length === 0 && block !== undefined ? block.before : own;
  return comments
    .filter((comment) => comment !== '')
    .map((comment) => trimSpace(comment.slice(2)))
    .join('\n');
}

/**
 * Reports whether a comment is `// indirect`, alone or followed by `;` and more text (modfile.isIndirect).
 */
function isIndirect(comment: string | undefined): boolean {
  const words = fieldsOf(comment?.slice(2) ?? '');
  return (words.length === 1 && words[0] === 'indirect') || (words.length > 1 && words[0] === 'indirect;');
}

/** Reads `godebug KEY=VALUE`. */
export function readGodebug(args: readonly string[], line: number): GodebugDirective | Refusal {
  const [setting = ''] = args;
  const equals = setting.indexOf('=');
  if (args.length !== 1 || /["`',]/.test(setting) || equals === -1)
    return { refused: 'usage: godebug key=value' };
  return { key: setting.slice(0, equals), value: setting.slice(equals + 1), line };
}

/**
 * Reads a directive with a path as its only argument; `usage` is go's error for any other number of
 * arguments.
 */
export function readPath(usage: string, args: readonly string[], line: number): PathDirective | Refusal {
  const [token] = args;
  if (token === undefined || args.length !== 1) return { refused: usage };
  const { value, problem } = tokenValue(token);
  if (problem !== undefined) return { refused: `invalid quoted string: ${problem}` };
  return { path: value, line };
}

function readRequirement(verb: string, args: readonly string[], line: number): ExcludeDirective | Refusal {
  const [pathToken, versionToken] = args;
  if (pathToken === undefined || versionToken === undefined || args.length !== 2)
    return { refused: `usage: ${verb} module/path v1.2.3` };
  const path = tokenValue(pathToken);
  if (path.problem !== undefined) return { refused: `invalid quoted string: ${path.problem}` };
  const version = readVersion(verb, path.value, versionToken);
  if (isRefused(version)) return version;
  const mismatch = majorMismatch(verb, path.value, version.version);
  return mismatch ?? { path: path.value, version: version.version, line };
}

/** Returns the beginning of go's errors about one module (modfile.Error). */
function position(verb: string, path: string): string {
  return path === '' ? `${verb}: ` : `${verb} ${path}: `;
}

/**
 * Reads a version and completes a short one (`v1.2` → `v1.2.0`). Branch names and the like are refused, since
 * they need a query.
 */
function readVersion(verb: string, path: string, token: string): { readonly version: string } | Refusal {
  const { value, problem } = tokenValue(token);
  const where = position(verb, path);
  if (problem !== undefined) return { refused: `${where}version ${goQuote(token)} invalid: ${problem}` };
  const version = canonicalVersion(value);
  if (version === undefined)
    return { refused: `${where}version ${goQuote(value)} invalid: must be of the form v1.2.3` };
  return { version };
}

const number = '(?:0|[1-9][0-9]*)';
const preRelease = '(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)';
const semver = new RegExp(
  `^(v${number})(?:(\\.${number})(?:(\\.${number}(?:-${preRelease}(?:\\.${preRelease})*)?)(\\+[0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*)?)?)?$`,
);

/**
 * Returns a version in canonical form, complete and without build metadata other than `+incompatible`
 * (module.CanonicalVersion); undefined if invalid.
 */
function canonicalVersion(version: string): string | undefined {
  const match = semver.exec(version);
  if (match === null) return undefined;
  const [, major = '', minor = '.0', rest = '.0', build = ''] = match;
  return `${major}${minor}${rest}${build === '+incompatible' ? build : ''}`;
}

/** Returns those versions among the tokens of an accepted line that are not canonical. */
function shortVersions(tokens: readonly string[], line: number): GoMod['shortVersions'] {
  const versions = tokens.map((token) => tokenValue(token).value);
  return versions
    .filter((version) => canonicalVersion(version) !== version)
    .map((version) => ({ version, line }));
}

/**
 * Returns the `/vN` suffix of a module path (`.vN` for gopkg.in), '' if it has none; undefined if malformed
 * (module.SplitPathVersion).
 */
function pathMajor(path: string): string | undefined {
  if (path.startsWith('gopkg.in/')) {
    const match = /\.v([0-9]*)(-unstable)?$/.exec(path);
    const digits = match?.[1] ?? '';
    if (match === null || digits === '' || (digits.startsWith('0') && match[0] !== '.v0')) return undefined;
    return match[0];
  }
  const match = /^.*\/v([0-9.]+)$/s.exec(path);
  if (match === null) return '';
  const digits = match[1] ?? '';
  return digits.includes('.') || digits.startsWith('0') || digits === '1' ? undefined : `/v${digits}`;
}

/** Returns go's error if the major version is not the one that the path requires (module.CheckPathMajor). */
function majorMismatch(verb: string, path: string, version: string): Refusal | undefined {
  const suffix = pathMajor(path);
  if (suffix === undefined) return { refused: 'invalid module path' };
  const major = version.slice(0, version.indexOf('.'));
  const wanted = suffix.slice(1).replace(/-unstable$/, '');
  if (version.startsWith('v0.0.0-') && suffix === '.v1') return undefined;
  const fits =
    suffix === '' ? major === 'v0' || major === 'v1' || version.endsWith('+incompatible') : major === wanted;
  if (fits) return undefined;
  const should = suffix === '' ? 'v0 or v1' : wanted;
  const reason = `version ${goQuote(version)} invalid: should be ${should}, not ${major}`;
  return { refused: `${position(verb, path)}${reason}` };
}

const replaceUsage =
  'usage: replace module/path [v1.2.3] => other/module v1.4\n\t or replace module/path [v1.2.3] => ../local/directory';

/**
 * Reports whether a path is rooted or starts with a `.` or `..` element, on any system
 * (modfile.IsDirectoryPath).
 */
function isDirectoryPath(path: string): boolean {
  return /^(?:\.{1,2}$|\.{0,2}[/\\]|[A-Za-z]:)/.test(path);
}

/** Reads `replace OLD [VERSION] => NEW [VERSION]`. */
export function readReplace(args: readonly string[], line: number): ReplaceDirective | Refusal {
  const arrow = args[1] === '=>' ? 1 : 2;
  const [oldToken, newToken] = [args[0], args[arrow + 1]];
  if (oldToken === undefined || newToken === undefined || args.length > arrow + 3 || args[arrow] !== '=>')
    return { refused: replaceUsage };
  const old = tokenValue(oldToken);
  if (old.problem !== undefined) return { refused: `invalid quoted string: ${old.problem}` };
  if (pathMajor(old.value) === undefined)
    return { refused: `${position('replace', old.value)}invalid module path` };
  const version = arrow === 2 ? readVersion('replace', old.value, args[1] ?? '') : { version: undefined };
  if (isRefused(version)) return version;
  const mismatch = version.version && majorMismatch('replace', old.value, version.version);
  if (mismatch) return mismatch;
  const target = readReplacement(newToken, args[arrow + 2]);
  if (isRefused(target)) return target;
  return {
    path: old.value,
    ...(version.version === undefined ? {} : { version: version.version }),
    ...target,
    line,
  };
}

function readReplacement(
  pathToken: string,
  versionToken: string | undefined,
): { readonly newPath: string; readonly newVersion?: string } | Refusal {
  const { value: newPath, problem } = tokenValue(pathToken);
  if (problem !== undefined) return { refused: `invalid quoted string: ${problem}` };
  if (versionToken !== undefined) {
    const version = readVersion('replace', newPath, versionToken);
    if (isRefused(version)) return version;
    if (isDirectoryPath(newPath))
      return { refused: `replacement module directory path ${goQuote(newPath)} cannot have version` };
    return { newPath, newVersion: version.version };
  }
  if (!isDirectoryPath(newPath))
    return {
      refused: newPath.includes('@')
        ? "replacement module must match format 'path version', not 'path@version'"
        : 'replacement module without version must be directory path (rooted or starting with . or ..)',
    };
  if (newPath.includes('\\'))
    return { refused: 'replacement directory appears to be Windows path (on a non-windows system)' };
  return { newPath };
}

function readRetract(
  args: readonly string[],
  source: ModFileLine,
  block: ModFileStatement | undefined,
): RetractDirective | Refusal {
  const interval = readInterval(args);
  if (isRefused(interval)) return interval;
  const { low, high, used } = interval;
  const extra = args[used];
  if (extra !== undefined) return { refused: `unexpected token after version: ${goQuote(extra)}` };
  return { low, high, rationale: commentText(source, block), line: source.line };
}

/**
 * Reads `v1` or `[v1, v2]` and the number of tokens used. Versions stay as written, since retractions may
 * name non-canonical ones.
 */
function readInterval(
  args: readonly string[],
): { readonly low: string; readonly high: string; readonly used: number } | Refusal {
  const [first] = args;
  if (first === undefined || first === '(') return { refused: "expected '[' or version" };
  if (first !== '[') {
    const only = readRetracted(first);
    return isRefused(only) ? only : { low: only.version, high: only.version, used: 1 };
  }
  if (args[1] === undefined) return { refused: "expected version after '['" };
  const low = readRetracted(args[1]);
  if (isRefused(low)) return low;
  if (args[2] !== ',') return { refused: "expected ',' after version" };
  if (args[3] === undefined) return { refused: "expected version after ','" };
  const high = readRetracted(args[3]);
  if (isRefused(high)) return high;
  if (args[4] !== ']') return { refused: "expected ']' after version" };
  return { low: low.version, high: high.version, used: 5 };
}

function readRetracted(token: string): { readonly version: string } | Refusal {
  const { value, problem } = tokenValue(token);
  if (problem === undefined) return { version: value };
  return { refused: `${position('retract', '')}version ${goQuote(token)} invalid: ${problem}` };
}

/**
 * The go and toolchain lines that toolchain selection sees in a go.mod or go.work. Lines count from 1; a bare
 * `go ` line has the value ''.
 */
export interface GoLines {
  readonly go?: string;
  readonly goLine?: number;
  readonly toolchain?: string;
  readonly toolchainLine?: number;
}

/**
 * Returns the first lines that start with `go` and `toolchain`, as toolchain selection does before it parses
 * the file (gover.GoModLookup). The scan therefore finds lines in blocks and in files with conflict markers,
 * and accepts values that a parser would refuse.
 */
export function scanGoLines(text: string): GoLines {
  const found: { go?: string; goLine?: number; toolchain?: string; toolchainLine?: number } = {};
  let line = 0;
  for (let at = 0; at < text.length; ) {
    const feed = text.indexOf('\n', at);
    const end = feed === -1 ? text.length : feed;
    line++;
    const match = keyLine.exec(trimSpace(text.slice(at, end)));
    if (match?.[1] === 'go' && found.go === undefined) {
      found.go = lineValue(match[2]);
      found.goLine = line;
    } else if (match?.[1] === 'toolchain' && found.toolchain === undefined) {
      found.toolchain = lineValue(match[2]);
      found.toolchainLine = line;
    }
    if (found.go !== undefined && found.toolchain !== undefined) break;
    at = end + 1;
  }
  return found;
}

const keyLine = /^(go|toolchain)[ \t](.*)$/s;

function lineValue(rest: string | undefined): string {
  return quoted(trimSpace((rest ?? '').split('//', 1)[0] ?? ''));
}
