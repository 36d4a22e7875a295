/**
 * What a Go source file imports, and whether a build for a platform reads it (go/build: matchFile, goodOSArchFile, shouldBuild). Enough to say
 * which modules a build needs, without a compiler's parser: the import clauses stand before everything else.
 */
import { fileConstraint } from './build-constraint.ts';

/** What a build is made for. */
export interface BuildTarget {
  readonly os: string;
  readonly arch: string;
  readonly cgo: boolean;
  /** Minor number of the Go release: tags `go1.1` up to it hold. */
  readonly goMinor: number;
  /** `gc` where nothing is said. */
  readonly compiler?: string;
  /** Those of settings (build-tags.ts). */
  readonly tags: ReadonlySet<string>;
}

/** internal/syslist: systems and architectures that a file name may end in, past and future ones included. */
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

/** Systems that are a kind of another one. */
const kindOf: Readonly<Record<string, string>> = { android: 'linux', illumos: 'solaris', ios: 'darwin' };

/** The minor release since which a tag `go1.N` holds; undefined for any other tag. */
export function releaseOfTag(tag: string): number | undefined {
  const minor = /^go1\.([1-9]\d*)$/.exec(tag)?.[1];
  return minor === undefined ? undefined : Number(minor);
}

/** Whether go looks for a package in its own library: the first element of its path has no dot (search.IsStandardImportPath). */
export const isOfLibrary = (imported: string): boolean => !/^[^/]*\./.test(imported);

/** Whether a build tag holds (go/build: matchTag). */
function tagHolds(tag: string, target: BuildTarget): boolean {
  const { os, arch, compiler = 'gc', tags } = target;
  if (tag === os || tag === arch || tag === compiler || tag === kindOf[os]) return true;
  if (tag === 'cgo' && target.cgo) return true;
  if (tag === 'unix' && unixSystems.has(os)) return true;
  // Its old name.
  if (tags.has(tag === 'boringcrypto' ? 'goexperiment.boringcrypto' : tag)) return true;
  const release = releaseOfTag(tag);
  return release !== undefined && release <= target.goMinor;
}

/** Whether the end of a file's name fits: `_linux.go`, `_amd64.go`, `_linux_amd64.go`, before a `_test`. */
export function nameFits(file: string, target: BuildTarget): boolean {
  if (/^[_.]/.test(file)) return false;
  // What follows the first dot does not count: `a_windows.pb.go` is for windows.
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

/** What a build tag is about, as far as settings decide it by themselves; any other one is a word of `-tags`. */
export type TagKind = 'system' | 'architecture' | 'level' | 'cgo' | 'sanitizer' | 'fips' | 'release' | 'word';

/** The kind of a build tag that a file names. */
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

/** Operators, parentheses and tags of an expression, in their order. */
function tokensOf(expression: string): readonly string[] {
  return expression.match(/&&|\|\||[!()]|[\p{L}\p{N}_.]+/gu) ?? [];
}

/**
 * The build tags by which it is decided whether a build takes a file: those of its constraint and of the end of its name, and `cgo` where it
 * imports "C". With other tags changed the answer stays.
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

/** Evaluates a `//go:build` expression; one that cannot be read holds, so that nothing is overlooked. */
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

/** The head of a source file: everything that stands before the first declaration. */
export interface SourceHead {
  /** Name in the package clause; `''` in what is no Go. */
  readonly name: string;
  readonly imports: readonly string[];
  /** The `//go:build` expression, or what `// +build` lines come to, when there is one. */
  readonly constraint?: string;
  readonly usesCgo: boolean;
}

const skip = /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const quoted = /"((?:[^"\\\n]|\\.)*)"|`([^`]*)`/y;
const word = /[\p{L}_][\p{L}\p{N}_]*|\./uy;

/** Reads the head of a Go file; what is no Go ends it. */
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
