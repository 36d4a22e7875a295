/**
 * Lists the files of a Go tree that affect builds and computes the digest over them. Toolchains in the module
 * cache are also compared with the hash of the zip that they were extracted from.
 */

/** Directories whose files affect builds. */
export const buildFolders = ['bin', 'pkg/tool', 'src'] as const;

/**
 * Directories of `src` that every release since Go 1.17 has. If one is missing, the tree is truncated and
 * imports of its packages fail.
 */
export const standardFolders: readonly string[] = [
  ...[
    'archive',
    'bufio',
    'bytes',
    'compress',
    'container',
    'context',
    'crypto',
    'database',
    'debug',
    'embed',
  ],
  ...[
    'encoding',
    'errors',
    'expvar',
    'flag',
    'fmt',
    'go',
    'hash',
    'html',
    'image',
    'index',
    'internal',
    'io',
  ],
  ...[
    'log',
    'math',
    'mime',
    'net',
    'os',
    'path',
    'plugin',
    'reflect',
    'regexp',
    'runtime',
    'sort',
    'strconv',
  ],
  ...['strings', 'sync', 'syscall', 'testing', 'text', 'time', 'unicode', 'unsafe', 'vendor'],
];

/** A file by its path below GOROOT and the SHA-256 of its content in hex. */
export interface DigestedFile {
  readonly name: string;
  readonly sha256: string;
}

/**
 * Programs in GOROOT/bin that are not part of a release: `go install` puts them there if GOBIN names it, as
 * mise sets GOBIN.
 */
const installed = /^bin\/(?!(?:go|gofmt)(?:\.exe)?$)/;

/**
 * Reports whether a file of GOROOT can affect a build. Tests and test data cannot, and some distributions
 * omit them.
 */
export function decidesBuild(name: string): boolean {
  return !/_test\.go$|(?:^|\/)testdata(?:\/|$)/.test(name) && !installed.test(name);
}

/**
 * A module zip may hold no nested go.mod, so those of the tree are stored as `_go.mod`; go copies them when
 * it extracts the zip (cmd/go/internal/toolchain).
 */
const storedMod = /(^|\/)_go\.mod$/;

/**
 * Returns the text whose SHA-256 is `toolchain.digest`: a sorted line `digest  path` for each file. A
 * `_go.mod` counts as go.mod.
 */
export function toolchainDigestText(files: Iterable<DigestedFile>): string {
  const lines = new Map<string, string>();
  for (const { name, sha256 } of files) {
    if (!decidesBuild(name) || !buildFolders.some((folder) => name.startsWith(`${folder}/`))) continue;
    const real = name.replace(storedMod, '$1go.mod');
    if (real === name || !lines.has(real)) lines.set(real, sha256);
  }
  return [...lines]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, sha256]) => `${sha256}  ${name}\n`)
    .join('');
}

/**
 * Returns the files of an extracted toolchain that come from its zip: without the go.mod files that go copied
 * from `_go.mod`, and without programs installed later.
 */
export function zipFiles(files: readonly DigestedFile[]): readonly DigestedFile[] {
  const names = new Set(files.map((file) => file.name));
  return files.filter(
    ({ name }) =>
      !installed.test(name) &&
      (!/(^|\/)go\.mod$/.test(name) || !names.has(name.replace(/go\.mod$/, '_go.mod'))),
  );
}

/**
 * Describes a toolchain in the module cache: module and paths of its recorded hash; undefined for any other
 * GOROOT.
 */
export function cachedToolchain(goroot: string):
  | {
      readonly module: string;
      readonly modcache: string;
      /**
       * Paths, relative to the module cache, of the recorded hash of the zip and of the marker of an
       * unfinished extraction.
       */
      readonly ziphash: string;
      readonly partial: string;
    }
  | undefined {
  const match = /^(.*)\/(golang\.org\/toolchain@(v0\.0\.1-go[^/]+))$/.exec(goroot);
  if (match === null) return undefined;
  const download = `cache/download/golang.org/toolchain/@v/${match[3]}`;
  return {
    modcache: match[1] as string,
    module: match[2] as string,
    ziphash: `${download}.ziphash`,
    partial: `${download}.partial`,
  };
}
