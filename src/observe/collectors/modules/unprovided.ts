/**
 * Finds packages that the main modules import and nothing provides: neither the standard library nor a module
 * of the build list. Since Go 1.16 a build does not search for them ("no required module provides package
 * …"). If the contents of a module are unknown, it is assumed to provide the package.
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
import { disabledWorkspace } from './disabled-workspace.ts';
import type { ProjectGraph } from './graph-files.ts';
import {
  filesOf,
  type PackageSource,
  searchLimits,
  searchWithin,
  traceEditedImports,
} from './imported-modules.ts';
import { buildTarget, packagesOf } from './missing-modules.ts';
import { packageDirectories } from './package-directories.ts';
import type { ModuleProject } from './project.ts';
import type { Selected } from './selection.ts';
import { isTaken, readOwnHead } from './source-imports.ts';

/** Most findings to collect: the first is reported, and the others are counted. */
const collected = 100;

/** The unprovided imports that a search found. */
export interface Unprovided {
  /** In the order of the directories, each package once. */
  readonly imports: readonly UnprovidedImport[];
  /** False if a limit ended the search early. */
  readonly complete: boolean;
}

/**
 * Reports whether `go` accepts a text as an import path (module.CheckImportPath); other texts, such as
 * templates, cause errors of their own.
 */
const isImportPath = (imported: string) =>
  /^[\w~+-][\w.~+-]*(?:\/[\w.~+-]+)*$/.test(imported) && !imported.split('/').includes('..');

/**
 * Reports whether a directory below a module belongs to another module: a go.mod is in it, or on the way to
 * it (modload.dirInModule).
 */
function isNested(directory: string, relative: string): boolean {
  let here = directory;
  for (const name of relative.split('/')) {
    here = path.join(here, name);
    if (listSync(here).includes('go.mod')) return true;
  }
  return false;
}

/**
 * Reports whether a module may provide a package. In an editable module the package may be generated later,
 * so it need not exist yet.
 */
function mayHold({ path: module, directory, main, edited }: PackageSource, imported: string): boolean {
  const relative = imported.slice(module.length + 1);
  if (directory === undefined || relative === '') return true;
  if (main || edited === true) return !isNested(directory, relative);
  const there = listSync(path.join(directory, relative)).some((name) => name.endsWith('.go'));
  // A module that is not extracted may contain anything.
  return there || listSync(directory).length === 0;
}

/** Returns a predicate that reports whether one of the modules may provide a package. */
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

/**
 * Finds unprovided imports in the files that a build for `target` uses; `isStandard` reports whether the
 * standard library has a package.
 */
export async function unprovidedImports(
  sources: readonly PackageSource[],
  target: BuildTarget,
  isStandard: (imported: string) => boolean,
  limits = searchLimits,
): Promise<Unprovided> {
  traceEditedImports(sources, target);
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

/**
 * Returns a predicate for the packages of the standard library of the `go` that builds; true for all if its
 * sources are missing.
 */
export function standardLibrary({ root, effective }: Sources): (imported: string) => boolean {
  const source = path.join(effective?.goroot || '/nonexistent', 'src');
  if (!isDirectory({ root, path: source })) return () => true;
  return (imported) => isDirectory({ root, path: path.join(source, imported) });
}

/**
 * Reports whether a build searches for packages that nothing provides, or takes them from a place not
 * examined here.
 */
function looksFurther({ modFlag, goVersion }: ModuleProject, goflags: string): boolean {
  if (goVersion === '' || compareGoVersions(goVersion, '1.16') < 0) return true;
  return modFlag === 'mod' || flagValue(parseGoflags(goflags).flags, 'overlay') !== undefined;
}

/** Returns the imports that make builds of a project fail; none if it is unknown from what they are built. */
export async function unprovidedHere(
  sources: Sources,
  project: ModuleProject,
  graph: ProjectGraph,
  list: readonly Selected[],
): Promise<Unprovided> {
  const goflags = sources.variables.get('GOFLAGS')?.value ?? '';
  const [main] = project.mains;
  // Without the whole graph, go.mod alone says what is built, if it names every module, as since Go 1.17.
  const isListed =
    graph.missing.length === 0 || (project.work === undefined && prunes(main?.mod.content.go?.version));
  if (looksFurther(project, goflags) || !isListed) return { imports: [], complete: true };
  const found = await unprovidedImports(
    packagesOf(sources.code, project, list),
    buildTarget(sources),
    standardLibrary(sources),
  );
  if (found.imports.length === 0) return found;
  const off = disabledWorkspace(sources);
  return {
    ...found,
    imports: found.imports.map((one) =>
      off?.provides(one.package) === true ? { ...one, switchedOff: off.path } : one,
    ),
  };
}
