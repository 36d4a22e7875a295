/**
 * Reads the imports of a Go source file and decides whether a build for a platform includes the file
 * (go/build: matchFile, goodOSArchFile, shouldBuild). No full Go parser is needed to find the modules of a
 * build, since import clauses precede all declarations.
 */
import { fileConstraint } from './build-constraint.ts';

/** The platform and settings of a build. */
export interface BuildTarget {
  readonly os: string;
  readonly arch: string;
  readonly cgo: boolean;
  /** Minor number of the Go release: the tags `go1.1` to `go1.<goMinor>` hold. */
  readonly goMinor: number;
  /** Default `gc`. */
  readonly compiler?: string;
  /** The tags that settings put into force (build-tags.ts). */
  readonly tags: ReadonlySet<string>;
}

/**
 * Systems and architectures that a file name may end in, including past and future ones (internal/syslist).
 */
const systems = new Set(
  'aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows zos'.split(
    ' ',
  ),
);
const unixSystems = new Set(
  'aix android darwin dragonfly freebsd hurd illumos ios linux netbsd openbsd solaris'.split(' '),
);
const architectures = new Set(
  '386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm'.split(
    ' ',
  ),
);

/** Systems for which the tag of a related system holds as well. */
const kindOf: Readonly<Record<string, string>> = { android: 'linux', illumos: 'solaris', ios: 'darwin' };

/** Returns N for a tag `go1.N`; undefined for any other tag. */
export function releaseOfTag(tag: string): number | undefined {
  const minor = /^go1\.([1-9]\d*)$/.exec(tag)?.[1];
  return minor === undefined ? undefined : Number(minor);
}

/**
 * Reports whether an import path belongs to the standard library: its first element has no dot
 * (search.IsStandardImportPath).
 */
export const isOfLibrary = (imported: string): boolean => !/^[^/]*\./.test(imported);

/** Reports whether a build tag holds (go/build: matchTag). */
function tagHolds(tag: string, target: BuildTarget): boolean {
  const { os, arch, compiler = 'gc', tags } = target;
  if (tag === os || tag === arch || tag === compiler || tag === kindOf[os]) return true;
  if (tag === 'cgo' && target.cgo) return true;
  if (tag === 'unix' && unixSystems.has(os)) return true;
  // `boringcrypto` is the old name of the experiment's tag.
  if (tags.has(tag === 'boringcrypto' ? 'goexperiment.boringcrypto' : tag)) return true;
  const release = releaseOfTag(tag);
  return release !== undefined && release <= target.goMinor;
}

/**
 * Reports whether the suffix of a file name (`_linux.go`, `_amd64.go`, `_linux_amd64.go`, optionally before
 * `_test`) fits the target.
 */
export function nameFits(file: string, target: BuildTarget): boolean {
  if (/^[_.]/.test(file)) return false;
  // Only the part before the first dot counts: `a_windows.pb.go` is for windows.
  const [base = ''] = file.split('.');
  const parts = base
    .replace(/_test$/, '')
    .split('_')
    .slice(1);
  const last = parts.at(-1) ?? '';
  const before = parts.at(-2) ?? '';
  if (parts.length >= 2 && systems.has(before) && architectures.has(last))
    return tagHolds(before, target) && tagHolds(last, target);
  if (parts.length >= 1 && (systems.has(last) || architectures.has(last))) return tagHolds(last, target);
  return true;
}

/** The kind of a build tag; `word` is a tag that only `-tags` can set. */
export type TagKind = 'system' | 'architecture' | 'level' | 'cgo' | 'sanitizer' | 'fips' | 'release' | 'word';

/** Returns the kind of a build tag. */
export function tagKind(tag: string): TagKind {
  if (tag === 'unix' || systems.has(tag)) return 'system';
  if (architectures.has(tag)) return 'architecture';
  if (architectures.has(tag.split('.')[0] ?? '')) return 'level';
  if (tag === 'cgo') return 'cgo';
  if (['race', 'msan', 'asan'].includes(tag)) return 'sanitizer';
  if (tag.startsWith('fips140')) return 'fips';
  return releaseOfTag(tag) === undefined ? 'word' : 'release';
}

const isOperator = /^(?:&&|\|\||[!()])$/;

/** Splits an expression into operators, parentheses and tags. */
function tokensOf(expression: string): readonly string[] {
  return expression.match(/&&|\|\||[!()]|[\p{L}\p{N}_.]+/gu) ?? [];
}

/**
 * Returns the build tags that decide whether a build includes a file: those of its constraint and of its name
 * suffix, and `cgo` if it imports "C". No other tag affects the decision.
 */
export function deciding(
  file: string,
  { constraint = '', usesCgo }: Pick<SourceHead, 'constraint' | 'usesCgo'>,
): readonly string[] {
  const [base = ''] = file.split('.');
  const ends = base.split('_').slice(1);
  return [
    ...tokensOf(constraint).filter((token) => !isOperator.test(token)),
    ...ends.filter((end) => systems.has(end) || architectures.has(end)),
    ...(usesCgo ? ['cgo'] : []),
  ];
}

/**
 * Evaluates a `//go:build` expression. A malformed expression counts as true, so that no file is overlooked.
 */
export function constraintHolds(expression: string, target: BuildTarget): boolean {
  const tokens = tokensOf(expression);
  let at = 0;
  let depth = 0;
  const or = (): boolean => {
    let value = and();
    while (tokens[at] === '||') {
      at++;
      value = and() || value;
    }
    return value;
  };
  const and = (): boolean => {
    let value = not();
    while (tokens[at] === '&&') {
      at++;
      value = not() && value;
    }
    return value;
  };
  const not = (): boolean => {
    if (++depth > 1000) return true;
    const token = tokens[at++];
    if (token === undefined) return true;
    if (token === '!') return !not();
    if (token !== '(') return tagHolds(token, target);
    const value = or();
    if (tokens[at] === ')') at++;
    return value;
  };
  return or();
}

/** The part of a source file before the first declaration. */
export interface SourceHead {
  /** Package name; `''` if the file is not Go. */
  readonly name: string;
  readonly imports: readonly string[];
  /** The `//go:build` expression, or the equivalent of the `// +build` lines. */
  readonly constraint?: string;
  readonly usesCgo: boolean;
}

const skip = /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const quoted = /"((?:[^"\\\n]|\\.)*)"|`([^`]*)`/y;
const word = /[\p{L}_][\p{L}\p{N}_]*|\./uy;

/**
 * Reads package clause, imports and build constraint of a Go file; stops at the first text that is not Go.
 */
export function readSourceHead(text: string): SourceHead {
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(text) ?? undefined;
    if (match !== undefined) at = pattern.lastIndex;
    return match;
  };
  const blanks = () => {
    while (take(skip) !== undefined);
  };
  let name = '';
  const imports: string[] = [];
  const constraint = fileConstraint(text);
  const spec = (): boolean => {
    blanks();
    take(word);
    blanks();
    const match = take(quoted);
    if (match !== undefined) imports.push(match[1] ?? match[2] ?? '');
    return match !== undefined;
  };
  blanks();
  if (take(word)?.[0] === 'package') {
    blanks();
    name = take(word)?.[0] ?? '';
    for (;;) {
      take(/[\s;]*/y);
      blanks();
      const start = at;
      if (take(word)?.[0] !== 'import') {
        at = start;
        break;
      }
      blanks();
      if (take(/\(/y) === undefined) {
        if (!spec()) break;
        continue;
      }
      for (;;) {
        take(/[\s;]*/y);
        blanks();
        if (take(/\)/y) !== undefined || !spec()) break;
      }
    }
  }
  return {
    name,
    imports,
    ...(constraint === undefined ? {} : { constraint }),
    usesCgo: imports.includes('C'),
  };
}
