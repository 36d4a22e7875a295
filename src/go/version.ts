/**
 * Go version grammar and order: `major[.minor[.patch]][kind[pre]]` without the "go" prefix, as the Go sources define it in
 * internal/gover/gover.go (Parse, Compare, IsLang, Lang), cmd/go/internal/gover/toolchain.go (FromToolchain) and
 * cmd/dist (what runtime.Version() may look like).
 */

/** A parsed version; every number is the decimal text of the source (numbers may be of any size), '' where it is absent. */
export interface GoVersion {
  readonly major: string;
  readonly minor: string;
  /** '0' for `1.20` and older without a patch; '' for `1.21` and newer, where the language version has none. */
  readonly patch: string;
  /** '', 'alpha', 'beta', 'rc'; any lower-case word is accepted, as Go does. */
  readonly kind: string;
  readonly pre: string;
}

const absent: GoVersion = { major: '', minor: '', patch: '', kind: '', pre: '' };
const decimal = '(0|[1-9][0-9]*)';
const grammar = new RegExp(`^${decimal}(?:\\.${decimal}(?:\\.${decimal}|([a-z]+)${decimal}?)?)?$`);

/** Parses a version such as `1.21rc2`; undefined when it is malformed (leading zeros, a kind on a patch release, a "go" prefix). */
export function parseGoVersion(v: string): GoVersion | undefined {
  const match = grammar.exec(v);
  if (match === null) return undefined;
  const [, major = '', minor, patch, kind = '', pre = ''] = match;
  if (minor === undefined) return { major, minor: '0', patch: '0', kind: '', pre: '' };
  // Before 1.21 the first release of a language version had no patch number: 1.20 and 1.20.0 are one version.
  const implied = kind === '' && compareDecimals(minor, '21') < 0 ? '0' : '';
  return { major, minor, patch: patch ?? implied, kind, pre };
}

/** Orders two decimals of any size; '' (absent) is below every number. */
function compareDecimals(a: string, b: string): -1 | 0 | 1 {
  if (a === b) return 0;
  if (a.length !== b.length) return a.length < b.length ? -1 : 1;
  return a < b ? -1 : 1;
}

/** Go's order of versions: `1.21` < `1.21rc1` < `1.21.0` < `1.21.1`; malformed versions are equal to each other and below all others. */
export function compareGoVersions(a: string, b: string): -1 | 0 | 1 {
  const x = parseGoVersion(a) ?? absent;
  const y = parseGoVersion(b) ?? absent;
  const kinds = x.kind === y.kind ? 0 : x.kind < y.kind ? -1 : 1;
  return (
    compareDecimals(x.major, y.major) ||
    compareDecimals(x.minor, y.minor) ||
    compareDecimals(x.patch, y.patch) ||
    kinds ||
    compareDecimals(x.pre, y.pre)
  );
}

/** Whether `v` follows the grammar. */
export function isValidGoVersion(v: string): boolean {
  return parseGoVersion(v) !== undefined;
}

/** Whether `v` names a language and no release: `1.21`, but neither `1.21.0` nor `1.20` (which is the release 1.20.0). */
export function isLanguageVersion(v: string): boolean {
  const parsed = parseGoVersion(v);
  return parsed !== undefined && parsed.patch === '' && parsed.kind === '' && parsed.pre === '';
}

/** The language of a version: `1.21` for `1.21.3` and `1.21rc1`; '' for a malformed one. */
export function languageVersion(v: string): string {
  const parsed = parseGoVersion(v);
  if (parsed === undefined) return '';
  return parsed.major === '1' && parsed.minor === '0' ? '1' : `${parsed.major}.${parsed.minor}`;
}

/** The version that a toolchain name promises: `1.21.3` for `go1.21.3-custom`; '' for what is no toolchain name. */
export function toolchainToVersion(name: string): string {
  // A separator would make the PATH look-up leave PATH.
  if (!name.startsWith('go') || /[\\/]/.test(name)) return '';
  const version = name.slice(2).split(/[ \t-]/, 1)[0] ?? '';
  return isValidGoVersion(version) ? version : '';
}

/** What `runtime.Version()` of a binary says. */
export interface RuntimeVersion {
  /** Without the "go" prefix; a language version for development trees; '' when the text names no version. */
  readonly version: string;
  /** GOEXPERIMENT of the toolchain that made the binary, where it differs from the default, in the order given. */
  readonly experiments: readonly string[];
  /** A vendor's mark or a commit, without its separator: `custom`, `(Red Hat 1.26.2-2.el10)`, `devel_33aff0e5 Thu …`. */
  readonly suffix: string;
  /** Built from a development tree. */
  readonly development: boolean;
}

/**
 * Takes apart `runtime.Version()`, which is also what `go version` and build information print: releases, both spellings of
 * experiments (` X:` until 1.25, `-X:` since 1.26), both spellings of development trees, vendors' suffixes.
 */
export function versionFromRuntime(text: string): RuntimeVersion {
  const old = /^devel(?:\s+|$)/.exec(text);
  const [plain = '', experiments = ''] = text.slice(old?.[0].length ?? 0).split(/[ -]X:/, 2);
  const match = /^go([^ \t-]*)[ \t-]?(.*)$/s.exec(plain);
  const version = match !== null && isValidGoVersion(match[1] ?? '') ? (match[1] ?? '') : '';
  const suffix = (version === '' ? plain : (match?.[2] ?? '')).trim();
  return {
    version,
    experiments: experiments.split(',').filter((name) => name !== ''),
    suffix,
    development: old !== null || /^devel(?:[_ +-]|$)/.test(suffix),
  };
}

/** A part of a version in which two can differ; `rc` stands for every kind of pre-release. */
export type VersionPart = 'major' | 'minor' | 'patch' | 'rc' | 'none';

/** The largest part in which two versions differ. A malformed version differs in `major` from everything but itself. */
export function versionPart(a: string, b: string): VersionPart {
  const x = parseGoVersion(a);
  const y = parseGoVersion(b);
  if (x === undefined || y === undefined) return a === b ? 'none' : 'major';
  if (x.major !== y.major) return 'major';
  if (x.minor !== y.minor) return 'minor';
  // A pre-release weighs more than a patch, so it decides where both differ (1.26rc1 and 1.26.3).
  if (x.kind !== y.kind || x.pre !== y.pre) return 'rc';
  return x.patch === y.patch ? 'none' : 'patch';
}

/** One part's signed distance. */
export interface VersionDeviation {
  readonly part: 'major' | 'minor' | 'patch';
  readonly deviation: number;
}

/**
 * `a − b` per part, always all three parts; empty when one of them is malformed. A version without a patch (a language
 * version) says nothing of patches: 0. A pre-release stands one patch before `.0`.
 */
export function versionDelta(a: string, b: string): VersionDeviation[] {
  const x = parseGoVersion(a);
  const y = parseGoVersion(b);
  if (x === undefined || y === undefined) return [];
  const silent = isLanguageVersion(a) || isLanguageVersion(b);
  return [
    { part: 'major', deviation: Number(x.major) - Number(y.major) },
    { part: 'minor', deviation: Number(x.minor) - Number(y.minor) },
    { part: 'patch', deviation: silent ? 0 : patchNumber(x) - patchNumber(y) },
  ];
}

function patchNumber(v: GoVersion): number {
  return v.kind === '' ? Number(v.patch) : -1;
}
