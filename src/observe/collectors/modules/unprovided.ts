/**
 * Packages that the main modules import and nothing provides: neither the standard library nor a module of the build list. Since go 1.16 a build
 * does not look for them ("no required module provides package …"). Where it is not known what a module holds, it is said to provide.
 */
import path from 'node:path';
import type { UnprovidedImport } from '../../../drift/facets/modules.ts';
import { flagValue, parseGoflags } from '../../../go/goflags.ts';
import { type BuildTarget, isOfLibrary } from '../../../go/imports.ts';
import { prunes } from '../../../go/module-graph.ts';
import { compareGoVersions } from '../../../go/version.ts';
import { isDirectory } from '../../../host/files.ts';
import { listSync } from '../../../host/tree.ts';
import type { Sources } from '../../environment/sources.ts';
import type { ProjectGraph } from './graph-files.ts';
import { filesOf, noteEdited, type PackageSource, searchLimits, searchWithin } from './imported-modules.ts';
import { buildTarget, packagesOf } from './missing-modules.ts';
import { packageDirectories } from './package-directories.ts';
import type { ModuleProject } from './project.ts';
import type { Selected } from './selection.ts';
import { isTaken, readOwnHead } from './source-imports.ts';
import { switchedOffWorkspace } from './switched-off.ts';

/** More are not collected: of many the first is told and the others are counted. */
const collected = 100;

/** What was found of such imports. */
export interface Unprovided {
  /** In the order of the folders, each package once. */
  readonly imports: readonly UnprovidedImport[];
  /** False where a limit ended the search before all was looked at. */
  readonly complete: boolean;
}

/** What go takes for the path of a package (module.CheckImportPath); it refuses any other with words of its own, templates among them. */
const isImportPath = (imported: string) =>
  /^[\w~+-][\w.~+-]*(?:\/[\w.~+-]+)*$/.test(imported) && !imported.split('/').includes('..');

/** Whether a folder below a module belongs to another one: a go.mod lies in it, or on the way (modload.dirInModule). */
function isNested(directory: string, relative: string): boolean {
  let here = directory;
  for (const name of relative.split('/')) {
    here = path.join(here, name);
    if (listSync(here).includes('go.mod')) return true;
  }
  return false;
}

/** Whether a module may hold a package: what its own project has not generated yet is there as soon as it builds. */
function mayHold({ path: module, directory, main, edited }: PackageSource, imported: string): boolean {
  const relative = imported.slice(module.length + 1);
  if (directory === undefined || relative === '') return true;
  if (main || edited === true) return !isNested(directory, relative);
  const there = listSync(path.join(directory, relative)).some((name) => name.endsWith('.go'));
  // What is not unpacked holds what it may.
  return there || listSync(directory).length === 0;
}

/** Asks whether one of the modules may hold a package. */
function provision(sources: readonly PackageSource[]): (imported: string) => boolean {
  const byPath = new Map(sources.map((one) => [one.path, one]));
  return (imported) => {
    for (let prefix = imported; prefix !== '.'; prefix = path.dirname(prefix)) {
      const source = byPath.get(prefix);
      if (source !== undefined && mayHold(source, imported)) return true;
    }
    return false;
  };
}

/** Finds them in the files that a build for `target` takes; `isStandard` says what the standard library has. */
export async function unprovidedImports(
  sources: readonly PackageSource[],
  target: BuildTarget,
  isStandard: (imported: string) => boolean,
  limits = searchLimits,
): Promise<Unprovided> {
  noteEdited(sources, target);
  const isProvided = provision(sources);
  const known = new Set<string>(['C']);
  const imports: UnprovidedImport[] = [];
  const search = searchWithin(limits);
  const judge = (imported: string, neededBy: string, file: string) => {
    if (known.has(imported)) return;
    known.add(imported);
    const isOfGo = isOfLibrary(imported) && isStandard(imported);
    if (!isOfGo && isImportPath(imported) && !isProvided(imported))
      imports.push({ package: imported, neededBy, origin: { path: file, line: 0 } });
  };
  for (const { path: module, directory, main, reader, ignored = [] } of sources) {
    if (!main || directory === undefined) continue;
    for (const one of packageDirectories(directory, { directory, ignored })) {
      const files = filesOf(one.directory, target, one.names);
      for (const file of files) {
        const head = readOwnHead(file, reader);
        if (head === undefined || !isTaken(head, target)) continue;
        const importer = path.posix.join(module, path.relative(directory, one.directory));
        for (const imported of head.imports) judge(imported, importer, file);
      }
      if (imports.length >= collected) return { imports, complete: true };
      if (!(await search.goesOn(files.length))) return { imports, complete: false };
    }
  }
  return { imports, complete: true };
}

/** Asks what the standard library of the go that builds has; all of it where its sources are not there. */
export function standardLibrary({ root, effective }: Sources): (imported: string) => boolean {
  const source = path.join(effective?.goroot || '/nonexistent', 'src');
  if (!isDirectory({ root, path: source })) return () => true;
  return (imported) => isDirectory({ root, path: path.join(source, imported) });
}

/** Whether a build looks for a package that nothing provides, or takes it from where nobody looks here. */
function looksFurther({ modFlag, goVersion }: ModuleProject, goflags: string): boolean {
  if (goVersion === '' || compareGoVersions(goVersion, '1.16') < 0) return true;
  return modFlag === 'mod' || flagValue(parseGoflags(goflags).flags, 'overlay') !== undefined;
}

/** The imports that builds of a project fail for; none where it is not known what they are built from. */
export async function unprovidedHere(
  sources: Sources,
  project: ModuleProject,
  graph: ProjectGraph,
  list: readonly Selected[],
): Promise<Unprovided> {
  const goflags = sources.variables.get('GOFLAGS')?.value ?? '';
  const [main] = project.mains;
  // Without the whole graph go.mod alone says what is built, if it does: since go 1.17 it names every module.
  const isListed =
    graph.missing.length === 0 || (project.work === undefined && prunes(main?.mod.content.go?.version));
  if (looksFurther(project, goflags) || !isListed) return { imports: [], complete: true };
  const found = await unprovidedImports(
    packagesOf(sources.code, project, list),
    buildTarget(sources),
    standardLibrary(sources),
  );
  if (found.imports.length === 0) return found;
  const off = switchedOffWorkspace(sources);
  return {
    ...found,
    imports: found.imports.map((one) =>
      off?.provides(one.package) === true ? { ...one, switchedOff: off.path } : one,
    ),
  };
}
