/**
 * The facet `modules`: the build list of the workspace, its vendor directory, and the extracted modules that
 * builds read.
 */

import path from 'node:path';
import type { MainModuleFact, ModulesFacts, VendorFacts, WorkFacts } from '../../../drift/facets/modules.ts';
import type { CommandRun, Outcome } from '../../../drift/model.ts';
import type { GoMod } from '../../../go/gomod.ts';
import type { GoWork } from '../../../go/gowork.ts';
import { quoted } from '../../../go/quoted.ts';
import { unlistedFolders, vendorProblems } from '../../../go/vendor-modules.ts';
import { isWithin } from '../../../host/checked-program.ts';
import { sha256Hex } from '../../../host/digest.ts';
import { stampOf } from '../../../host/files.ts';
import { readCache } from '../../../host/lru.ts';
import type { Clock } from '../../../host/machine.ts';
import { traceQuestion } from '../../../host/read-trace.ts';
import { readerName } from '../../../host/reader.ts';
import type { Sources } from '../../environment/sources.ts';
import type { FileLists } from '../file-lists.ts';
import type { BuildList } from './build-list.ts';
import { type CacheAudit, createCacheAudit, verdictMark } from './cache-audit.ts';
import { cachedBuildList, type ModulesOptions } from './cached-list.ts';
import { vendoredPackages } from './file-choice.ts';
import { refusedGodebugLines } from './godebug-lines.ts';
import { type Imported, importedModules, unsearched } from './imported-modules.ts';
import { buildTarget, mainPackages } from './missing-modules.ts';
import { modfileFloors } from './newer-go-lines.ts';
import {
  type ModuleProject,
  modulesOff,
  type ProjectFile,
  readModuleProject,
  whyGoworkStops,
  whyNoModules,
} from './project.ts';
import { withFolderDigests } from './replaced-folders.ts';
import { vendorDigest } from './vendor-tree.ts';
import { withoutModFlag } from './without-mod-flag.ts';

/** More entries than there are targets. */
const audits = readCache<CacheAudit>(1_000);

/** Returns directives as sorted texts, without position and comments. */
function sorted(rows: readonly object[]): readonly string[] {
  const texts = rows.map((row) => {
    const said = Object.entries(row).filter(([key]) => !['line', 'indirect', 'rationale'].includes(key));
    return JSON.stringify(Object.fromEntries(said));
  });
  return texts.sort();
}

/** Returns the content of a go.mod, regardless of order, layout and comments. */
function goModContent(mod: GoMod): unknown {
  const verbs = ['require', 'replace', 'exclude', 'retract', 'tool', 'godebug', 'ignore'] as const;
  return {
    module: mod.module?.path,
    go: mod.go?.version,
    toolchain: mod.toolchain?.name,
    ...Object.fromEntries(verbs.map((verb) => [verb, sorted(mod[verb])])),
  };
}

function goWorkContent(work: GoWork): unknown {
  return {
    go: work.go?.version,
    toolchain: work.toolchain?.name,
    use: work.use.map((one) => path.normalize(one.path)).sort(),
    replace: sorted(work.replace),
    godebug: sorted(work.godebug),
  };
}

/** Returns the digest of the files' contents; for a file that cannot be parsed, of its bytes. */
function contentDigest<T extends { readonly problems: readonly unknown[] }>(
  files: readonly { readonly name: string; readonly file: ProjectFile<T> }[],
  content: (of: T) => unknown,
): string {
  const said = files.map(({ name, file }) => [
    name,
    file.content.problems.length === 0 ? content(file.content) : file.digest,
  ]);
  return `sha256:${sha256Hex(JSON.stringify(said))}`;
}

function digests(project: ModuleProject): Pick<ModulesFacts, 'goMod' | 'goWork'> {
  const base = project.work?.directory ?? project.mains[0]?.directory ?? '/';
  const mods = project.mains
    .map(({ directory, mod }) => ({ name: path.relative(base, directory), file: mod }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    ...(mods.length === 0 ? {} : { goMod: contentDigest(mods, goModContent) }),
    ...(project.work === undefined
      ? {}
      : { goWork: contentDigest([{ name: '', file: project.work }], goWorkContent) }),
  };
}

/**
 * Returns what would stop builds if -mod were removed from GOFLAGS and vendor/ were used then, in words;
 * undefined if nothing would, or if vendor/ would not be used.
 */
async function stopsVendored(
  sources: Sources,
  project: ModuleProject,
  used: VendorFacts | undefined,
  lists: FileLists | undefined,
): Promise<string | undefined> {
  const plain = withoutModFlag(project);
  if (plain === undefined) return undefined;
  if (used !== undefined && !plain.vendor.used) {
    const requires = project.mains.some(({ mod }) => mod.content.require.length > 0);
    // Builds with vendor/ fail already, or nothing is required.
    const isIdle = !used.present && (used.problems.length > 0 || !requires);
    return isIdle ? undefined : 'builds may fail: without the flag, vendor/ is not used';
  }
  const vendor = project.vendor.used ? undefined : await vendorFacts(sources, plain, lists);
  if (vendor === undefined) return undefined;
  const { problems, lost = [], unlisted, foreign } = vendor.facts;
  const wrong = problems.length + lost.length + unlisted.length > 0;
  if (!wrong)
    return vendor.complete
      ? undefined
      : 'builds may fail: it is unknown whether vendor/ has all imported packages, as the workspace is too large to search';
  return foreign
    ? 'builds fail: go takes vendor/ then, which is not a Go vendor directory: it has no modules.txt'
    : 'builds fail: go takes vendor/ then, which does not match go.mod';
}

/**
 * Returns the listed packages without files that a build needs. Many are not needed, since packages are
 * vendored for all platforms and for the tests of the main module.
 */
async function lostPackages(
  sources: Sources,
  project: ModuleProject,
  folders: readonly string[],
): Promise<Imported> {
  const { vendor } = project;
  const there = new Set(folders);
  const gone = new Set([...vendor.modules.content.packages].filter((name) => !there.has(name)));
  if (gone.size === 0) return { modules: new Map(), complete: true };
  return await importedModules(
    [
      ...mainPackages(sources.code, project),
      ...vendoredPackages(sources, project, (name) => there.has(name)),
    ],
    gone,
    buildTarget(sources),
  );
}

/**
 * Returns the vendor directory, if builds use it or GOFLAGS requires it; `complete` is false if a limit ended
 * the search for missing packages.
 */
async function vendorFacts(
  sources: Sources,
  project: ModuleProject,
  lists: FileLists | undefined,
): Promise<{ readonly facts: VendorFacts; readonly complete: boolean } | undefined> {
  const { vendor, work, mains } = project;
  if (!vendor.used) return undefined;
  const digest = vendor.present
    ? await vendorDigest(sources.code, vendor.directory, lists)
    : { why: 'absent' };
  const base = work?.directory ?? mains[0]?.directory ?? '/';
  // The version that a file without a go line implies (modload.MainModules.GoVersion).
  const goVersion = (work?.content ?? mains[0]?.mod.content)?.go?.version ?? '1.16';
  const problems = vendorProblems(
    vendor.modules.content,
    mains.map(({ directory, mod }) => ({
      mod: mod.content,
      directory: work === undefined ? '' : path.relative(base, directory) || '.',
    })),
    work?.content,
    (directory, relative) => {
      const joined = path.join(directory, relative);
      return joined.startsWith('.') ? joined : `./${joined}`;
    },
  );
  const lost = 'folders' in digest ? await lostPackages(sources, project, digest.folders) : undefined;
  const facts: VendorFacts = {
    directory: vendor.directory,
    present: vendor.present,
    ...(vendor.present && vendor.modules.digest === '' ? { foreign: true } : {}),
    ...('digest' in digest ? { digest: digest.digest } : {}),
    problems: problems.map(({ module, text }) => quoted(`${module}: ${text}`)),
    unlisted: 'folders' in digest ? unlistedFolders(vendor.modules.content, digest.folders, goVersion) : [],
    ...(lost === undefined
      ? {}
      : { lost: [...lost.modules].map(([name, neededBy]) => ({ package: name, neededBy })) }),
  };
  return { facts, complete: lost?.complete !== false };
}

/** Returns the main modules that have a path. */
function mainFacts({ mains }: ModuleProject): readonly MainModuleFact[] {
  return mains.flatMap(({ directory, mod }) => {
    const { module } = mod.content;
    return module === undefined
      ? []
      : [{ path: module.path, directory, origin: { path: mod.path, line: module.line } }];
  });
}

function workFacts(sources: Sources, project: ModuleProject): WorkFacts | undefined {
  const { work } = project;
  if (work === undefined) return undefined;
  const own = sources.gomod === undefined ? undefined : path.dirname(sources.gomod.path);
  const { repository, code } = sources;
  const owner = (file: string) => stampOf({ root: sources.root, path: file })?.owner;
  const uid = owner(work.path);
  const believed = [0, sources.machine.uid, owner(sources.settings.workspace)];
  const foreign =
    code.directories.some((one) => isWithin(work.path, one)) || believed.includes(uid) ? undefined : uid;
  const inside = (directory: string) =>
    work.directory === directory || work.directory.startsWith(directory === '/' ? '/' : `${directory}/`);
  return {
    path: work.path,
    named: ['process', 'goenv'].includes(sources.variables.get('GOWORK')?.origin.kind ?? ''),
    // If `go` rejects the go.work, its list is unknown; the rejection is reported by gomod-invalid.
    ...(own === undefined || work.content.problems.length > 0
      ? {}
      : { listed: project.mains.some(({ directory }) => directory === own) }),
    ...(foreign === undefined ? {} : { foreign }),
    ...(repository === undefined || inside(repository) ? {} : { outside: repository }),
  };
}

/** Returns the audit results of the extracted modules in the list; a vendored build reads none. */
async function extractedModules(
  project: ModuleProject,
  list: BuildList,
  clock: Clock,
): Promise<Pick<ModulesFacts, 'extracted'>> {
  if (list.source === 'vendor' || !project.modCache.startsWith('/')) return {};
  const modules = list.list.flatMap(({ path: module, version, replacement }) => {
    if (replacement === undefined) return [{ path: module, version }];
    return replacement.version === undefined
      ? []
      : [{ path: replacement.path, version: replacement.version }];
  });
  const key = [readerName(), project.root, project.modCache].join('\0');
  const audit = audits.getOrMake(key, () => createCacheAudit(project.root, project.modCache));
  const extracted = await audit.ask(modules, clock());
  traceQuestion(`module cache ${key}`, verdictMark(extracted), () => audit.pulse(modules, clock()));
  return { extracted };
}

/**
 * Returns the keys that this observation could not determine. If a file cannot be parsed, nothing that it
 * would name counts as removed.
 */
function unsettledKeys(
  list: BuildList,
  vendor: VendorFacts | undefined,
  said: Pick<ModulesFacts, 'goMod' | 'goWork' | 'mainModule'>,
): readonly string[] {
  const isInvalid = list.state === 'invalid';
  return [
    ...(list.state === 'incomplete' || isInvalid ? ['modules.*'] : []),
    ...(isInvalid && said.goMod === undefined ? ['modules.go_mod'] : []),
    ...(isInvalid && said.goWork === undefined ? ['modules.go_work'] : []),
    ...(isInvalid && said.mainModule === undefined ? ['modules.main_module'] : []),
    ...((isInvalid && vendor === undefined) || (vendor?.present && vendor.digest === undefined)
      ? ['modules.vendor']
      : []),
  ];
}

/**
 * Without a `go`, the effective settings are unknown. They decide which go.mod is used, where modules are
 * stored and how they can be obtained, so modules missing from the files alone may be available to builds.
 */
const withoutGo: Outcome<ModulesFacts> = {
  status: 'not_evaluated',
  why: 'without a go command, the location of modules is unknown',
  unsettled: ['*', 'go_mod', 'go_work', 'main_module', 'vendor'].map((name) => `modules.${name}`),
};

/** Collects the facet; commands that ran are appended. */
export async function collectModules(
  sources: Sources,
  commands: CommandRun[],
  clock: Clock,
  options: ModulesOptions,
): Promise<Outcome<ModulesFacts>> {
  const stopped = whyGoworkStops(sources);
  if (stopped !== undefined) return { status: 'not_evaluated', why: stopped };
  const why = whyNoModules(sources);
  if (why !== undefined) {
    // With GO111MODULE=off, modules are not read rather than removed (modules-off).
    const isOff = why === modulesOff && (sources.gomod ?? sources.gowork) !== undefined;
    return { status: isOff ? 'not_evaluated' : 'absent', why };
  }
  if (sources.local === undefined) return withoutGo;
  // The list would be built from such a file, none of whose contents may be shown; file-outside reports it.
  const [outside] = sources.linkedOut.filter((file) => !/\/\.(go-version|tool-versions)$/.test(file));
  if (outside !== undefined)
    return { status: 'not_evaluated', why: `${outside} is a link out of the workspace` };
  const project = readModuleProject(sources);
  const list = await cachedBuildList(sources, project, commands, options);
  const vendored = await vendorFacts(sources, project, options.vendor);
  const vendor = vendored?.facts;
  const work = workFacts(sources, project);
  const godebug = refusedGodebugLines(sources, project.goVersion);
  const { stopsUnflagged, complete, byImports: _, ...facts } = list;
  const livesByMod = stopsUnflagged ?? (await stopsVendored(sources, project, vendor, options.vendor));
  const mainModule = sources.gomod?.file.module?.path;
  const said = { ...digests(project), ...(mainModule === undefined ? {} : { mainModule }) };
  const unsettled = unsettledKeys(list, vendor, said);
  return {
    status: 'ok',
    facts: {
      ...facts,
      floors: [...modfileFloors(project), ...list.floors],
      ...(list.source === 'vendor' ? {} : { list: await withFolderDigests(sources, project, list.list) }),
      ...said,
      mains: mainFacts(project),
      ...(vendor === undefined ? {} : { vendor }),
      ...(work === undefined ? {} : { work }),
      ...(livesByMod === undefined ? {} : { livesByMod }),
      ...(godebug.length === 0 ? {} : { godebugLines: godebug }),
      ...(await extractedModules(project, list, clock)),
    },
    ...(unsettled.length === 0 ? {} : { unsettled }),
    ...(complete && vendored?.complete !== false ? {} : { unjudged: unsearched }),
  };
}
