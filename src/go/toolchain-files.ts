/**
 * Which files of a Go tree decide what it builds, and the digest over them. A toolchain of the module cache is held against the hash of the
 * zip that it was unpacked from.
 */

/** Folders whose files decide a build. */
export const buildFolders = ['bin', 'pkg/tool', 'src'] as const;

/** Directories of `src` that every release since Go 1.17 has: where one is missing the tree was cut off, and what imports its packages fails. */
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

/** A program in GOROOT/bin that no release brings: `go install` puts it there where GOBIN says so, as mise sets it. */
const installed = /^bin\/(?!(?:go|gofmt)(?:\.exe)?$)/;

/** Whether a path below GOROOT can decide a build: tests and their data do not, and some distributions leave them out. */
export function decidesBuild(name: string): boolean {
  return !/_test\.go$|(?:^|\/)testdata(?:\/|$)/.test(name) && !installed.test(name);
}

/** In a zip no go.mod may lie below the top, so those of the tree are stored as `_go.mod`; go copies them when it unpacks (cmd/go/internal/toolchain). */
const storedMod = /(^|\/)_go\.mod$/;

/** The text whose SHA-256 is `toolchain.digest`: a line `digest  path` for each file, sorted. A `_go.mod` counts as the go.mod that it becomes. */
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

/** Files of an unpacked toolchain as they are in its zip: every go.mod beside a `_go.mod` was made by go, and programs were installed later. */
export function zipFiles(files: readonly DigestedFile[]): readonly DigestedFile[] {
  const names = new Set(files.map((file) => file.name));
  return files.filter(
    ({ name }) =>
      !installed.test(name) &&
      (!/(^|\/)go\.mod$/.test(name) || !names.has(name.replace(/go\.mod$/, '_go.mod'))),
  );
}

/** Module path and version of a toolchain in the module cache, and where its recorded hash lies below it; undefined for other trees. */
export function cachedToolchain(goroot: string):
  | {
      readonly module: string;
      readonly modcache: string;
      /** Recorded hash of the zip, and the mark of an unpacking that did not end, below the module cache. */
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
