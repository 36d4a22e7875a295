/**
 * Go versions, their grammar and order: `major[.minor[.patch]][kind[pre]]` without the "go" prefix, as
 * defined in internal/gover/gover.go (Parse, Compare, IsLang, Lang), cmd/go/internal/gover/toolchain.go
 * (FromToolchain) and cmd/dist (the forms of runtime.Version()).
 */

/** A parsed version. Numbers are decimal texts, since they may be of any size; '' means absent. */
export interface GoVersion {
  readonly major: string;
  readonly minor: string;
  /** '0' for `1.20` and older without a patch; '' for a language version such as `1.21` or newer. */
  readonly patch: string;
  /** '', 'alpha', 'beta' or 'rc'; like Go, the parser accepts any lower-case word. */
  readonly kind: string;
  readonly pre: string;
}

const absent: GoVersion = { major: '', minor: '', patch: '', kind: '', pre: '' };
const decimal = '(0|[1-9][0-9]*)';
const grammar = new RegExp(`^${decimal}(?:\\.${decimal}(?:\\.${decimal}|([a-z]+)${decimal}?)?)?$`);

/**
 * Parses a version such as `1.21rc2`; undefined if malformed (leading zeros, a kind on a patch release, a
 * "go" prefix).
 */
export function parseGoVersion(v: string): GoVersion | undefined {
  const match = grammar.exec(v);
  if (match === null) return undefined;
  const [, major = '', minor, patch, kind = '', pre = ''] = match;
  if (minor === undefined) return { major, minor: '0', patch: '0', kind: '', pre: '' };
  // Before 1.21 the first release of a language version had no patch number: 1.20 and 1.20.0 are one version.
  const implied = kind === '' && compareDecimals(minor, '21') < 0 ? '0' : '';
  return { major, minor, patch: patch ?? implied, kind, pre };
}

/** Compares two decimals of any size; '' (absent) is below every number. */
function compareDecimals(a: string, b: string): -1 | 0 | 1 {
  if (a === b) return 0;
  if (a.length !== b.length) return a.length < b.length ? -1 : 1;
  return a < b ? -1 : 1;
}

/**
 * Compares versions in Go's order: `1.21` < `1.21rc1` < `1.21.0` < `1.21.1`. Malformed versions are equal to
 * each other and below all others.
 */
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

/** Reports whether `v` is a well-formed version. */
export function isValidGoVersion(v: string): boolean {
  return parseGoVersion(v) !== undefined;
}

/**
 * Reports whether `v` is a language version and not a release: true for `1.21`, false for `1.21.0` and `1.20`
 * (which is the release 1.20.0).
 */
export function isLanguageVersion(v: string): boolean {
  const parsed = parseGoVersion(v);
  return parsed !== undefined && parsed.patch === '' && parsed.kind === '' && parsed.pre === '';
}

/** Returns the language version of a version: `1.21` for `1.21.3` and `1.21rc1`; '' if malformed. */
export function languageVersion(v: string): string {
  const parsed = parseGoVersion(v);
  if (parsed === undefined) return '';
  return parsed.major === '1' && parsed.minor === '0' ? '1' : `${parsed.major}.${parsed.minor}`;
}

/** Returns the version in a toolchain name: `1.21.3` for `go1.21.3-custom`; '' if it is no toolchain name. */
export function toolchainToVersion(name: string): string {
  // A path separator would make the lookup bypass PATH.
  if (!name.startsWith('go') || /[\\/]/.test(name)) return '';
  const version = name.slice(2).split(/[ \t-]/, 1)[0] ?? '';
  return isValidGoVersion(version) ? version : '';
}

/** A parsed `runtime.Version()`. */
export interface RuntimeVersion {
  /**
   * The version without the "go" prefix; the language version for a development tree; '' if there is none.
   */
  readonly version: string;
  /**
   * Experiments of the toolchain that built the binary, as far as they differ from the default, in the given
   * order.
   */
  readonly experiments: readonly string[];
  /**
   * A vendor suffix or a commit, without its separator: `custom`, `(Red Hat 1.26.2-2.el10)`, `devel_33aff0e5
   * Thu …`.
   */
  readonly suffix: string;
  /** Built from a development tree. */
  readonly development: boolean;
}

/**
 * Parses `runtime.Version()`, which `go version` and build information print too: releases, both spellings of
 * experiments (` X:` until 1.25, `-X:` since 1.26), both spellings of development trees, vendor suffixes.
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

/** The part in which two versions differ; `rc` stands for every kind of pre-release. */
export type VersionPart = 'major' | 'minor' | 'patch' | 'rc' | 'none';

/**
 * Returns the most significant part in which two versions differ. A malformed version differs in `major` from
 * all but itself.
 */
export function versionPart(a: string, b: string): VersionPart {
  const x = parseGoVersion(a);
  const y = parseGoVersion(b);
  if (x === undefined || y === undefined) return a === b ? 'none' : 'major';
  if (x.major !== y.major) return 'major';
  if (x.minor !== y.minor) return 'minor';
  // A pre-release is more significant than a patch, so it decides if both differ (1.26rc1 and 1.26.3).
  if (x.kind !== y.kind || x.pre !== y.pre) return 'rc';
  return x.patch === y.patch ? 'none' : 'patch';
}

/** The signed difference of one part of two versions. */
export interface VersionDeviation {
  readonly part: 'major' | 'minor' | 'patch';
  readonly deviation: number;
}

/**
 * Returns `a − b` for each of the three parts; an empty list if a version is malformed. The difference of
 * patches is 0 if one version is a language version, which has no patch. A pre-release counts as patch −1.
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
