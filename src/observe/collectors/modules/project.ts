/**
 * Determines which go.mod, go.work and vendor directory apply to a workspace, and in which mode a build reads
 * them (cmd/go/internal/modload/init.go: setDefaultBuildMod, loadModFile). Files are parsed again only when
 * their stamp changed.
 */

import path from 'node:path';
import { flagValue, parseGoflags } from '../../../go/goflags.ts';
import { type GoMod, parseGoMod } from '../../../go/gomod.ts';
import { type GoSumFile, parseGoSum } from '../../../go/gosum.ts';
import { type GoWork, parseGoWork } from '../../../go/gowork.ts';
import { isGoworkSet } from '../../../go/resolve-environment.ts';
import { noVendorModules, parseVendorModules, type VendorModules } from '../../../go/vendor-modules.ts';
import { compareGoVersions } from '../../../go/version.ts';
import { sha256Hex } from '../../../host/digest.ts';
import { beyondLimit, tooLarge } from '../../../host/errors.ts';
import { readFile, stampOf } from '../../../host/files.ts';
import { readCache } from '../../../host/lru.ts';
import {
  type Code,
  codeName,
  codeNamedBy,
  codeSetBy,
  isNamedOutside,
  isOutside,
  isQuotable,
  readCode,
} from '../../environment/code.ts';
import { directoryLimit, unquoted } from '../../environment/outside-links.ts';
import type { Sources } from '../../environment/sources.ts';

/** A project file and its content; `digest` is `''` if the file is absent. */
export interface ProjectFile<T> {
  readonly path: string;
  readonly digest: string;
  readonly content: T;
  /** Why an existing file could not be read. */
  readonly problem?: string;
}

/** A main module. */
export interface MainProject {
  readonly directory: string;
  readonly mod: ProjectFile<GoMod>;
  /** The `use` line of go.work that names it. */
  readonly use?: { readonly path: string; readonly line: number };
}

/** What decides about the modules of a build here. */
export interface ModuleProject {
  readonly root: string;
  /** Version of the `go` that builds; `''` if there is none. */
  readonly goVersion: string;
  readonly mains: readonly MainProject[];
  readonly work?: ProjectFile<GoWork> & { readonly directory: string };
  /** go.sum of each main module, go.work.sum last; absent files are empty. */
  readonly sums: readonly ProjectFile<GoSumFile>[];
  /** go.mod files of the directories that replace modules, by directory. */
  readonly replaced: ReadonlyMap<string, ProjectFile<GoMod>>;
  /** The vendor directory, and whether builds use it. */
  readonly vendor: {
    readonly directory: string;
    readonly present: boolean;
    readonly used: boolean;
    /** Whether builds would use it without -mod in GOFLAGS. */
    readonly byDefault: boolean;
    readonly modules: ProjectFile<VendorModules>;
  };
  /** `-mod` and `-modfile` in GOFLAGS. */
  readonly modFlag: string | undefined;
  readonly modfile: string | undefined;
  readonly modCache: string;
}

/**
 * The largest files of the repositories examined: go.sum 345 KB (Grafana), go.work.sum 211 KB,
 * vendor/modules.txt 157 KB (Kubernetes).
 */
const fileLimit = 4 * 1024 * 1024;

interface Known {
  readonly stamp: string;
  /** The same file may be read in two roles with different parsers. */
  readonly parse: unknown;
  readonly file: ProjectFile<unknown>;
}
const known = readCache<Known>(8_192);

/** How a file is read. */
interface Reading {
  /** Decides whether the file is a symlink out of the code. */
  readonly outside?: typeof isOutside;
  /** The extension that the file must have to be quoted (isQuotable). */
  readonly extension?: string;
}

/** Reads and parses a file, cached by file stamp. */
function read<T extends object>(
  code: Code,
  file: string,
  parse: (bytes: Uint8Array) => T,
  { outside = isOutside, extension }: Reading = {},
): ProjectFile<T> {
  const place = { root: code.root, path: file };
  const stamp = stampOf(place);
  const mark = stamp === undefined ? '' : [stamp.inode, stamp.size, stamp.mtimeMs, stamp.ctimeMs].join(' ');
  const key = `${codeName(code)}\0${file}`;
  const before = known.get(key);
  if (before?.stamp === mark && before.parse === parse) return before.file as ProjectFile<T>;
  const bytes = stamp === undefined ? undefined : readCode(code, file, fileLimit);
  if (bytes?.ok === false && bytes.failure === 'too-large')
    throw tooLarge(`the ${path.basename(file)}`, fileLimit);
  // Symlinks were checked before (observe/environment/outside-links.ts), so this one is new.
  if (bytes?.ok === true && outside(code, file, bytes.real))
    throw beyondLimit(`${path.basename(file)} became a symlink out of the workspace`);
  const shown = (real: string, content: T) =>
    isQuotable(file, real, extension) ? content : unquoted(content);
  const made: ProjectFile<T> =
    bytes === undefined || !bytes.ok
      ? {
          path: file,
          digest: bytes === undefined || bytes.failure === 'absent' ? '' : bytes.why,
          content: parse(new Uint8Array()),
          ...(bytes === undefined || bytes.failure === 'absent' ? {} : { problem: bytes.why }),
        }
      : {
          path: file,
          digest: sha256Hex(bytes.bytes),
          content: shown(bytes.real, parse(bytes.bytes)),
        };
  known.set(key, { stamp: mark, parse, file: made });
  return made;
}

function value(sources: Sources, name: string): string {
  return sources.variables.get(name)?.value ?? '';
}

/** The reason if GO111MODULE disables modules. */
export const modulesOff = 'GO111MODULE=off';

/** Returns why there are no modules here; undefined if there are. */
export function whyNoModules(sources: Sources): string | undefined {
  if (sources.settings.workspace === '') return 'no workspace';
  if (value(sources, 'GO111MODULE') === 'off') return modulesOff;
  if (sources.gowork !== undefined) return undefined;
  const gomod = sources.variables.has('GOMOD') ? value(sources, 'GOMOD') : sources.gomod?.path;
  if (sources.gomod === undefined || gomod === undefined || gomod === '' || gomod === '/dev/null')
    return 'no go.mod';
  return undefined;
}

/**
 * Returns why the modules are unknown if GOWORK names something that is not a go.work: unlike with
 * GOWORK=off, every go command that loads modules fails (FindGoWork in cmd/go/internal/modload). Undefined
 * otherwise.
 */
export function whyGoworkStops(sources: Sources): string | undefined {
  const setting = value(sources, 'GOWORK');
  if (sources.gowork !== undefined || !isGoworkSet(sources) || setting === '' || setting === 'off')
    return undefined;
  if (sources.settings.workspace === '' || value(sources, 'GO111MODULE') === 'off') return undefined;
  return `GOWORK=${setting} names no go.work, and every go command that loads modules stops there`;
}

/** Returns the main modules: their directories and go.mod files. */
function mainsOf(
  { gowork, gomod }: Sources,
  code: Code,
  modfile: string | undefined,
): readonly MainProject[] {
  if (gowork === undefined) {
    if (gomod === undefined) return [];
    const mod = read(code, modfile ?? gomod.path, parseGoMod);
    return [{ directory: path.dirname(gomod.path), mod }];
  }
  if (gowork.file.use.length > directoryLimit)
    throw beyondLimit(`the go.work uses more than ${directoryLimit} directories`);
  const base = path.dirname(gowork.path);
  const named = codeNamedBy(code, [gowork.path]);
  const mains: MainProject[] = [];
  const seen = new Set<string>();
  for (const use of gowork.file.use) {
    const directory = path.resolve(base, use.path);
    // Go reports a directory that is named twice; reading it once suffices.
    if (seen.has(directory)) continue;
    seen.add(directory);
    mains.push({
      directory,
      use,
      mod: read(named, path.join(directory, 'go.mod'), parseGoMod, { outside: isNamedOutside }),
    });
  }
  return mains;
}

/** Returns the directories that replace modules, each with the files that name it. */
export function replacedDirectories(
  mains: readonly MainProject[],
  work: ModuleProject['work'],
): ReadonlyMap<string, ReadonlySet<string>> {
  const lines = [
    ...(work?.content.replace ?? []).map((one) => ({
      by: work?.path ?? '',
      base: work?.directory ?? '',
      one,
    })),
    ...mains.flatMap(({ directory, mod }) =>
      mod.content.replace.map((one) => ({ by: mod.path, base: directory, one })),
    ),
  ];
  const found = new Map<string, Set<string>>();
  for (const { by, base, one } of lines) {
    if (one.newVersion !== undefined) continue;
    const directory = path.resolve(base, one.newPath);
    found.set(directory, (found.get(directory) ?? new Set()).add(by));
  }
  return found;
}

/**
 * Reads the go.mod files of the directories that replace modules. Besides the code's owners, everybody who
 * may write to a file that names the directory must be allowed to read it; writers of other modules of a
 * go.work do not matter. If several files name a directory, one of them suffices.
 */
function readReplaced(
  code: Code,
  mains: readonly MainProject[],
  work: ModuleProject['work'],
): ModuleProject['replaced'] {
  const directories = replacedDirectories(mains, work);
  if (directories.size > directoryLimit)
    throw beyondLimit(`modules are replaced by more than ${directoryLimit} directories`);
  const codes = new Map<string, Code>();
  const codeBy = (file: string) => {
    const known = codes.get(file) ?? codeNamedBy(code, [...(work === undefined ? [] : [work.path]), file]);
    codes.set(file, known);
    return known;
  };
  const replaced = new Map<string, ProjectFile<GoMod>>();
  for (const [directory, files] of directories)
    for (const file of files) {
      const mod = read(codeBy(file), path.join(directory, 'go.mod'), parseGoMod, { outside: isNamedOutside });
      replaced.set(directory, mod);
      if (mod.problem === undefined) break;
    }
  return replaced;
}

function vendorOf(
  code: Code,
  goVersion: string,
  modFlag: string | undefined,
  mains: readonly MainProject[],
  work: ModuleProject['work'],
): ModuleProject['vendor'] {
  const directory = path.join(work?.directory ?? mains[0]?.directory ?? '/', 'vendor');
  const present = stampOf({ root: code.root, path: directory })?.directory === true;
  const modules = present
    ? read(code, path.join(directory, 'modules.txt'), parseVendorModules)
    : { path: path.join(directory, 'modules.txt'), digest: '', content: noVendorModules };
  // Workspaces can be vendored since Go 1.22; a workspace's vendor directory is not used outside the
  // workspace, nor the other way round.
  const knowsWorkspaces = compareGoVersions(goVersion, '1.22') >= 0;
  const goLine = work === undefined ? mains[0]?.mod.content.go?.version : work.content.go?.version;
  const fits = knowsWorkspaces ? modules.content.workspace === (work !== undefined) : work === undefined;
  const byDefault = present && goLine !== undefined && compareGoVersions(goLine, '1.14') >= 0 && fits;
  const used = modFlag === 'vendor' || (modFlag === undefined && byDefault);
  return { directory, present, modules, used, byDefault };
}

/** Reads the files that decide about the modules; the caller has checked {@link whyNoModules}. */
export function readModuleProject(sources: Sources): ModuleProject {
  const { root, gowork, variables } = sources;
  const { flags } = parseGoflags(value(sources, 'GOFLAGS'));
  const modfileFlag = flagValue(flags, 'modfile');
  // Go rejects any other name (goflags-unknown), and then go.mod is compared.
  const modfile =
    modfileFlag === undefined || !modfileFlag.endsWith('.mod') || gowork !== undefined
      ? undefined
      : path.resolve(sources.settings.workspace, modfileFlag);
  const modFlag = flagValue(flags, 'mod') || undefined;
  const named = gowork !== undefined ? 'GOWORK' : modfile !== undefined ? 'GOFLAGS' : undefined;
  const code = codeSetBy(sources.code, named === undefined ? undefined : variables.get(named));
  const work =
    gowork === undefined
      ? undefined
      : {
          ...read(code, gowork.path, parseGoWork, { extension: '.work' }),
          directory: path.dirname(gowork.path),
        };
  const mains = mainsOf(sources, code, modfile);
  const sums: ProjectFile<GoSumFile>[] = [];
  for (const { mod } of mains) sums.push(read(code, mod.path.replace(/\.mod$/, '.sum'), parseGoSum));
  if (work !== undefined) sums.push(read(code, `${work.path}.sum`, parseGoSum));
  const replaced = readReplaced(code, mains, work);
  const goVersion = sources.selection?.effective || (sources.local?.version ?? '');
  return {
    root,
    goVersion,
    mains,
    ...(work === undefined ? {} : { work }),
    sums,
    replaced,
    vendor: vendorOf(code, goVersion, modFlag, mains, work),
    modFlag,
    modfile,
    modCache: value(sources, 'GOMODCACHE'),
  };
}

/**
 * Returns the bytes from which a file was parsed; undefined if it has changed or is absent. They are read
 * again, since they are needed only once.
 */
export function bytesOf(root: string, file: ProjectFile<unknown>): Uint8Array | undefined {
  const read = readFile({ root, path: file.path }, fileLimit);
  return read.ok && sha256Hex(read.bytes) === file.digest ? read.bytes : undefined;
}

/**
 * Returns, as one text, what the build list depends on: equal texts mean equal lists, since versions in the
 * module cache never change.
 */
export function projectFingerprint(project: ModuleProject): string {
  const file = (one: ProjectFile<unknown>) => `${one.path}\0${one.digest}`;
  return [
    project.root,
    project.goVersion,
    project.modFlag ?? '',
    project.modfile ?? '',
    project.modCache,
    String(project.vendor.used),
    ...(project.work === undefined ? [] : [file(project.work)]),
    ...project.mains.map(({ mod }) => file(mod)),
    ...project.sums.map(file),
    ...[...project.replaced.values()].map(file),
    file(project.vendor.modules),
  ].join('\n');
}
