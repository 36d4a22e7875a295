/** One Go tree on disk: its go binary, its own settings and what its sources say. Read from files, remembered by stamp. */

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

/** A go binary and the tree that it finds from its own place. Paths are as the target sees them. */
export interface GoTree {
  readonly path: string;
  readonly realPath: string;
  /** Without the `go` prefix; of a development version its language version. */
  readonly version: string;
  readonly runtimeVersion: string;
  readonly os: string;
  readonly arch: string;
  /** `''` when the binary lies in no tree. */
  readonly goroot: string;
}

/** The go at a path, or why it is none. */
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
    // Build information names them since 1.18; what is older than 1.21 selects no toolchain anyway.
    os: info.os ?? 'linux',
    arch: info.arch ?? 'amd64',
    goroot: hasTools ? candidate : '',
  };
}

/** What a tree's text files say. */
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

/** What the names stand for that are no version themselves (`inprocess`, `certified`), as the one line of their file says. */
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
  // V8 keeps a part of a text as a view of the whole: without the copy, some flags of go would hold the documentation that they were read from.
  return trees.set(`${root}\0${goroot}`, { key, value: structuredClone(value) }).value;
}

/** What the sources of a tree say, with the stamps of all of them; more trees than these are read anew. */
const trees = readCache<{ key: string; value: Pick<TreeSources, 'knowledge' | 'defaults'> }>(16);

/** Label and sources of a tree; everything is optional, a stripped tree says less. */
export function readTree(root: string, goroot: string): TreeSources {
  if (goroot === '') return { knowledge: {}, defaults: {} };
  const label = textOf(root, path.join(goroot, gorootFiles.version));
  const parsed = label === undefined ? undefined : parseVersionFile(label)?.version;
  return {
    ...(parsed === undefined ? {} : { label: parsed.replace(/^go/, '') }),
    ...knowledgeOf(root, goroot),
  };
}

/** A `go.env` as settings, or undefined. */
export function readSettingsFile(root: string, file: string): SettingsFile | undefined {
  const read = readFile({ root, path: file });
  return read.ok ? { path: file, file: parseGoenv(read.bytes) } : undefined;
}

/** Versions of the programs that must agree in one tree (go-internals §1). Tools that a release does not ship are left out. */
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

/** Programs of a tree that lie there and that who builds may not start, below GOROOT: `go build` stops with "permission denied". */
export function refusedPrograms(
  { root, credentials }: Pick<ReadEnvironment, 'root' | 'credentials'>,
  goroot: string,
  os: string,
  arch: string,
): readonly string[] {
  const tools = `pkg/tool/${os}_${arch}`;
  const names = listDirectory({ root, path: path.join(goroot, tools) })
    // Not what a file manager or an editor left there.
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

/** What holds of any directory that calls itself a GOROOT. */
export function gorootParts(root: string, goroot: string): LocalToolchain['gorootParts'] {
  const has = (name: string) => isDirectory({ root, path: path.join(goroot, name) });
  const parts = { exists: isDirectory({ root, path: goroot }), pkgTool: has('pkg/tool'), src: has('src') };
  const lacks = parts.src ? missingIn(root, goroot) : [];
  return lacks.length === 0 ? parts : { ...parts, lacks };
}

/** What of the standard library is not there; nothing of a directory that cannot be listed. */
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

/** Real path inside the root, or the path itself when it does not exist. */
export function realOf(root: string, file: string): string {
  try {
    return insideRoot(root, resolveRootedPath({ root, path: file }));
  } catch {
    return file;
  }
}
