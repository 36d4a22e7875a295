/**
 * Reads a Go tree on disk: its `go` binary, its settings and its sources. Results are cached by file stamps.
 */

import path from 'node:path';
import type { GorootKnowledge, GorootProgram, LocalToolchain } from '../../drift/facets/toolchain.ts';
import { parseLevelTags } from '../../go/build-tags.ts';
import { parseExperiments } from '../../go/experiments.ts';
import type { SettingsFile } from '../../go/getenv.ts';
import { parseGoenv } from '../../go/goenv.ts';
import {
  buildablePairs,
  type DefaultCompilers,
  gorootFiles,
  type Platform,
  parseArchLevels,
  parseBuildDefaults,
  parseCompiledSettings,
  parseDatabaseHosts,
  parseDefaultCompilers,
  parseGodebugs,
  parseGoflagNames,
  parsePlatforms,
  parseVersionFile,
} from '../../go/goroot-source.ts';
import { parseSanitizerPlatforms } from '../../go/sanitizer-platforms.ts';
import { standardFolders } from '../../go/toolchain-files.ts';
import { versionFromRuntime } from '../../go/version.ts';
import { type Credentials, mayExecute } from '../../host/credentials.ts';
import {
  insideRoot,
  isDirectory,
  listDirectory,
  readFile,
  resolveRootedPath,
  stampOf,
} from '../../host/files.ts';
import { readCache, stampKey } from '../../host/lru.ts';
import { namesIn } from './directory-names.ts';
import type { ReadEnvironment } from './process-environment.ts';
import { buildInfoAt } from './program-info.ts';

const textLimit = 4 * 1024 * 1024;

/** A `go` binary and the tree that it finds from its own location. Paths are as the target sees them. */
export interface GoTree {
  readonly path: string;
  readonly realPath: string;
  /** Without the `go` prefix; for a development version, its language version. */
  readonly version: string;
  readonly runtimeVersion: string;
  readonly os: string;
  readonly arch: string;
  /** `''` if the binary is not in a Go tree. */
  readonly goroot: string;
}

/** Returns the `go` at a path, or why it is not one. */
export function goTreeAt(
  root: string,
  binary: string,
  who: Credentials,
): GoTree | { readonly problem: string; readonly realPath?: string } {
  const { info, problem, realPath } = buildInfoAt({ root, path: binary }, who);
  if (info === undefined || realPath === undefined)
    return { problem: problem ?? 'cannot be read', ...(realPath === undefined ? {} : { realPath }) };
  if (info.path !== 'cmd/go')
    return {
      problem: `is ${info.path === '' ? 'another program' : info.path}, not the go command`,
      realPath,
    };
  const runtime = versionFromRuntime(info.goVersion);
  const own = insideRoot(root, realPath);
  const candidate = path.dirname(path.dirname(own));
  const hasTools = isDirectory({ root, path: path.join(candidate, 'pkg/tool') });
  return {
    path: binary,
    realPath: own,
    version: runtime.version,
    runtimeVersion: info.goVersion,
    // Build information contains them since Go 1.18, and versions before 1.21 do not select toolchains
    // anyway.
    os: info.os ?? 'linux',
    arch: info.arch ?? 'amd64',
    goroot: hasTools ? candidate : '',
  };
}

/** What the text files of a tree say. */
export interface TreeSources {
  readonly goEnv?: SettingsFile;
  readonly label?: string;
  readonly knowledge: GorootKnowledge;
  readonly defaults: {
    buildDefaults?: ReadonlyMap<string, string>;
    compilers?: DefaultCompilers;
    platforms?: readonly Platform[];
    compiledSettings?: ReadonlyMap<string, string>;
  };
}

const texts = readCache<string | undefined>(64);

function textOf(root: string, file: string): string | undefined {
  const stamp = stampOf({ root, path: file });
  if (stamp === undefined || stamp.directory) return undefined;
  return texts.getOrMake(stampKey(`${root}\0${file}`, stamp), () => {
    const read = readFile({ root, path: file }, textLimit);
    return read.ok ? read.bytes.toString('utf8') : undefined;
  });
}

/**
 * Resolves FIPS module names that are not versions (`inprocess`, `certified`) by the single line of their
 * file.
 */
function fipsAliasesOf(root: string, goroot: string, names: readonly string[]): ReadonlyMap<string, string> {
  const found = names.flatMap((name) => {
    const line = textOf(root, path.join(goroot, gorootFiles.fips, `${name}.txt`))?.trim();
    return line === undefined ? [] : [[name, line] as const];
  });
  return new Map(found);
}

function knowledgeOf(root: string, goroot: string): Pick<TreeSources, 'knowledge' | 'defaults'> {
  const names = [
    'experiments',
    'experimentBaseline',
    'platforms',
    'godebugs',
    'docs',
    'buildConfig',
    'compilers',
    'bootstrap',
    'databaseKeys',
    'databases',
    'settings',
    'sanitizers',
  ] as const;
  const files = names.map((name) => path.join(goroot, gorootFiles[name]));
  const stamps = files.map((file) => stampOf({ root, path: file }));
  const modules = [...namesIn({ root, path: path.join(goroot, gorootFiles.fips) })];
  const fips = modules.flatMap((name) => /^(.+)\.(?:zip|txt)$/.exec(name)?.[1] ?? []);
  const aliases = fipsAliasesOf(root, goroot, fips);
  const key = [
    ...stamps.map((stamp, index) => (stamp === undefined ? '-' : stampKey(files[index] as string, stamp))),
    ...modules,
    ...[...aliases].flat(),
  ].join('\0');
  const known = trees.get(`${root}\0${goroot}`);
  if (known?.key === key) return known.value;
  const reads = files.map((file) => readFile({ root, path: file }, textLimit));
  const text = (index: number) => {
    const read = reads[index];
    return read?.ok === true ? read.bytes.toString('utf8') : undefined;
  };
  const [
    flags,
    baseline,
    platformText,
    godebugs,
    docs,
    buildConfig,
    compilers,
    bootstrap,
    keys,
    databases,
    settings,
    supported,
  ] = names.map((_, index) => text(index));
  const platforms = platformText === undefined ? undefined : parsePlatforms(platformText);
  const sanitizers = supported === undefined ? undefined : parseSanitizerPlatforms(supported);
  const levelTags = buildConfig === undefined ? undefined : parseLevelTags(buildConfig);
  const parsedCompilers = compilers === undefined ? undefined : parseDefaultCompilers(compilers);
  const value = {
    knowledge: {
      ...(flags === undefined ? {} : { experiments: parseExperiments(flags, baseline ?? '') }),
      ...(platforms === undefined || platforms.length === 0 ? {} : { platforms: buildablePairs(platforms) }),
      ...(fips.length === 0 ? {} : { fipsVersions: fips, fipsAliases: aliases }),
      ...(godebugs === undefined ? {} : { godebugs: parseGodebugs(godebugs) }),
      ...(docs === undefined ? {} : { flags: parseGoflagNames(docs) }),
      ...(buildConfig === undefined
        ? {}
        : { levels: parseArchLevels(buildConfig), ...(levelTags === undefined ? {} : { levelTags }) }),
      ...(sanitizers === undefined ? {} : { sanitizers }),
      ...(keys === undefined ? {} : { databaseHosts: parseDatabaseHosts(keys, databases ?? '') }),
    },
    defaults: {
      ...(bootstrap === undefined ? {} : { buildDefaults: parseBuildDefaults(bootstrap) }),
      ...(parsedCompilers === undefined ? {} : { compilers: parsedCompilers }),
      ...(platforms === undefined ? {} : { platforms }),
      ...(settings === undefined ? {} : { compiledSettings: parseCompiledSettings(settings) }),
    },
  };
  // V8 keeps a substring as a view of the whole text. Without this copy, a few flag names would keep the
  // documentation in memory.
  return trees.set(`${root}\0${goroot}`, { key, value: structuredClone(value) }).value;
}

/** Contents of each tree's sources with the stamps of all files; the 16 most recent trees are kept. */
const trees = readCache<{ key: string; value: Pick<TreeSources, 'knowledge' | 'defaults'> }>(16);

/** Returns the label and the sources of a tree. Everything is optional, as a stripped tree lacks files. */
export function readTree(root: string, goroot: string): TreeSources {
  if (goroot === '') return { knowledge: {}, defaults: {} };
  const label = textOf(root, path.join(goroot, gorootFiles.version));
  const parsed = label === undefined ? undefined : parseVersionFile(label)?.version;
  return {
    ...(parsed === undefined ? {} : { label: parsed.replace(/^go/, '') }),
    ...knowledgeOf(root, goroot),
  };
}

/** Reads a `go.env` file; undefined if it is unreadable. */
export function readSettingsFile(root: string, file: string): SettingsFile | undefined {
  const read = readFile({ root, path: file });
  return read.ok ? { path: file, file: parseGoenv(read.bytes) } : undefined;
}

/**
 * Returns the versions of the programs that must agree within a tree (go-internals §1), without those that
 * the release does not ship.
 */
export function readPrograms(
  { root, credentials }: Pick<ReadEnvironment, 'root' | 'credentials'>,
  goroot: string,
  os: string,
  arch: string,
): readonly GorootProgram[] {
  const tools = path.join(goroot, 'pkg/tool', `${os}_${arch}`);
  const programs: GorootProgram[] = [];
  for (const [name, file] of [
    ['go', path.join(goroot, 'bin/go')],
    ['gofmt', path.join(goroot, 'bin/gofmt')],
    ...['compile', 'link', 'asm', 'cgo'].map((tool) => [tool, path.join(tools, tool)]),
  ] as [string, string][]) {
    if (stampOf({ root, path: file }) === undefined) continue;
    const { info, problem } = buildInfoAt({ root, path: file }, credentials);
    programs.push(
      info === undefined
        ? { name, problem: problem ?? 'cannot be read' }
        : { name, version: versionFromRuntime(info.goVersion).version },
    );
  }
  return programs;
}

/**
 * Returns the programs of a tree, relative to GOROOT, that exist but may not be executed by the user who
 * builds: `go build` then fails with "permission denied".
 */
export function refusedPrograms(
  { root, credentials }: Pick<ReadEnvironment, 'root' | 'credentials'>,
  goroot: string,
  os: string,
  arch: string,
): readonly string[] {
  const tools = `pkg/tool/${os}_${arch}`;
  const names = listDirectory({ root, path: path.join(goroot, tools) })
    // Skips files that a file manager or an editor left behind.
    .filter((name) => /^[a-z0-9]+$/.test(name))
    .map((name) => `${tools}/${name}`);
  const refused: string[] = [];
  for (const name of ['bin/go', 'bin/gofmt', ...names]) {
    const place = { root, path: path.join(goroot, name) };
    const stamp = stampOf(place);
    if (stamp !== undefined && !stamp.directory && !mayExecute(root, place.path, credentials))
      refused.push(name);
  }
  return refused;
}

/** Returns which parts of a GOROOT exist in a directory. */
export function gorootParts(root: string, goroot: string): LocalToolchain['gorootParts'] {
  const has = (name: string) => isDirectory({ root, path: path.join(goroot, name) });
  const parts = { exists: isDirectory({ root, path: goroot }), pkgTool: has('pkg/tool'), src: has('src') };
  const lacks = parts.src ? missingIn(root, goroot) : [];
  return lacks.length === 0 ? parts : { ...parts, lacks };
}

/** Returns the missing parts of the standard library; empty if the directory cannot be listed. */
function missingIn(root: string, goroot: string): readonly string[] {
  const names = new Set(listDirectory({ root, path: path.join(goroot, 'src') }));
  if (names.size === 0) return [];
  const headers = 'pkg/include';
  return [
    ...standardFolders.filter((name) => !names.has(name)).map((name) => `src/${name}`),
    // The assembler finds textflag.h there (cmd/go/internal/work/gc.go, asmArgs).
    ...(isDirectory({ root, path: path.join(goroot, headers) }) ? [] : [headers]),
  ];
}

/** Returns the real path inside the root, or the path itself if it does not exist. */
export function realPathOrSelf(root: string, file: string): string {
  try {
    return insideRoot(root, resolveRootedPath({ root, path: file }));
  } catch {
    return file;
  }
}
