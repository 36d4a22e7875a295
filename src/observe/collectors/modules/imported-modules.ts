/**
 * Which modules a build of the workspace reads: the imports of its packages, followed through the module cache. Slow beside everything else
 * here, so it is asked only about modules that lack something; what it cannot decide in time it leaves open.
 */
import path from 'node:path';
import { type BuildTarget, readSourceHead, type SourceHead } from '../../../go/imports.ts';
import { listSync } from '../../../host/tree.ts';
import { packageDirectories } from './package-directories.ts';
import { isBuilt, isTaken, noteImports, type ReadModule, readOwnHead } from './source-imports.ts';
import type { SourceReader } from './source-reader.ts';

/** A module whose packages can be looked up. */
export interface PackageSource {
  readonly path: string;
  /** Absolute real directory; undefined when it is not on this host. */
  readonly directory: string | undefined;
  readonly reader: SourceReader;
  readonly main: boolean;
  /** Its sources are edited in place, as those of main modules are: it lies in no module cache. */
  readonly edited?: boolean;
  /** `ignore` lines of a main module. */
  readonly ignored?: readonly string[];
}

/** How far the imports of one look are followed. */
export interface SearchLimits {
  /** Folders with a file that a build takes. */
  readonly packages: number;
  /** Folders that are listed to find those: of a web application beside the Go code most hold none. */
  readonly folders: number;
  /** Wall clock, for a file system that hardly answers. The counts come first everywhere else, so that a busy host gives the same answer. */
  readonly milliseconds: number;
}

/** Decision 0083. The largest workspaces that we looked at build some 5,000 packages; a node_modules has up to 100,000 folders. */
export const searchLimits: SearchLimits = { packages: 20_000, folders: 200_000, milliseconds: 10_000 };

/** What is told where a limit ended a search (decision 0083). */
export const unsearched =
  'the workspace is too large, or its file system too slow, to find out all that it imports';

/** What one search has left of its limits. */
export function searchWithin({ packages, folders, milliseconds }: SearchLimits) {
  const start = performance.now();
  const seen = { packages: 0, folders: 0 };
  return {
    /** Counts a folder, and those of its files that a build takes; false where the search ends here. */
    async goesOn(files: number): Promise<boolean> {
      seen.folders++;
      if (files > 0) seen.packages++;
      if (seen.folders % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
      const isInTime = performance.now() - start <= milliseconds;
      return isInTime && seen.packages <= packages && seen.folders <= folders;
    },
  };
}

/** What was found of the imports of a build. */
export interface Imported {
  /** Modules in question that a build imports from, each with one importing package: right also where the search did not come to its end. */
  readonly modules: ReadonlyMap<string, string>;
  /** Whether the others are not imported; false where a limit ended the search before that was known. */
  readonly complete: boolean;
}

/** More than any source that people write, bytes. */
export const sourceLimit = 4 * 1024 * 1024;

type ReadHead = (file: string, reader: SourceReader) => SourceHead | undefined;

/** Files that a build may read in one directory. */
export function filesOf(
  directory: string,
  target: BuildTarget,
  names = listSync(directory),
): readonly string[] {
  return names.filter((name) => isBuilt(name, target)).map((name) => path.join(directory, name));
}

/** The same in all packages of a module. */
export function* sourceFiles(
  directory: string,
  target: BuildTarget,
  ignored: readonly string[] = [],
): Generator<string> {
  for (const one of packageDirectories(directory, { directory, ignored }))
    yield* filesOf(one.directory, target, one.names);
}

/** Reads what a file begins with. Those of other modules are too many to be remembered, and never change. */
export const readHead: ReadHead = (file, reader) => {
  const bytes = reader.read(file, sourceLimit);
  return bytes === undefined ? undefined : readSourceHead(bytes.toString('utf8'));
};

/** Heads of those of some files that a build reads. */
function* headsOf(
  files: readonly string[],
  target: BuildTarget,
  reader: SourceReader,
  read: ReadHead,
): Generator<SourceHead> {
  for (const file of files) {
    const head = read(file, reader);
    if (head !== undefined && isTaken(head, target)) yield head;
  }
}

/** Import paths of the files of one directory. */
function importsOf(
  files: readonly string[],
  target: BuildTarget,
  reader: SourceReader,
  read: ReadHead,
): readonly string[] {
  return [...new Set([...headsOf(files, target, reader, read)].flatMap((head) => head.imports))];
}

/** Notes what those import whose sources are edited in place, before any of it is read. */
export function noteEdited(sources: readonly PackageSource[], target: BuildTarget): void {
  for (const { directory, main, edited, reader, ignored = [] } of sources)
    if (directory !== undefined && (main || edited === true))
      noteImports(directory, { directory, ignored, reader }, target);
}

/** Whether a build of all packages in and below a directory of a module makes a program; undefined where a limit ended the search before one was found. */
export async function hasMainPackage(
  top: string,
  target: BuildTarget,
  module: ReadModule,
  limits = searchLimits,
): Promise<boolean | undefined> {
  noteImports(top, module, target);
  const search = searchWithin(limits);
  for (const { directory, names } of packageDirectories(top, module)) {
    const files = filesOf(directory, target, names);
    const [first] = headsOf(files, target, module.reader, readOwnHead);
    if (first?.name === 'main') return true;
    if (!(await search.goesOn(files.length))) return undefined;
  }
  return false;
}

/** The module with the longest path that is a prefix of an import path. */
function providerOf(imported: string, byPath: ReadonlyMap<string, PackageSource>): PackageSource | undefined {
  for (let prefix = imported; prefix !== '.' && prefix !== '/'; prefix = path.dirname(prefix)) {
    const found = byPath.get(prefix);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A package that is still to be read. */
interface Pending {
  readonly files: readonly string[];
  readonly name: string;
  readonly reader: SourceReader;
  readonly read: ReadHead;
}

/** A folder of a package that a build reads, or of the workspace, where it need have no file that a build takes. */
export interface ReadFolder {
  readonly package: string;
  readonly directory: string;
  /** All that lies in it. */
  readonly names: readonly string[];
  readonly source: PackageSource;
}

/** What is told while the imports of a build are followed. */
export interface Follower {
  /** A module that a package imports from; told once for each import. */
  readonly imports: (provider: PackageSource, importer: string) => void;
  readonly folder?: (one: ReadFolder) => void;
  /** Whether enough is known, so that the search ends. */
  readonly isEnough?: () => boolean;
}

/** Follows the imports of a build of all packages of the main modules; false where a limit ended the search. */
export async function followImports(
  sources: readonly PackageSource[],
  target: BuildTarget,
  { imports, folder, isEnough = () => false }: Follower,
  limits = searchLimits,
): Promise<boolean> {
  noteEdited(sources, target);
  const byPath = new Map(sources.map((one) => [one.path, one]));
  const seen = new Set<string>();
  const pending: Pending[] = [];
  const search = searchWithin(limits);
  /** Reads what waits and what that leads to; false where a limit ended it. */
  const follow = async (): Promise<boolean> => {
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      for (const imported of importsOf(next.files, target, next.reader, next.read)) {
        // Go refuses a path with such an element (module.CheckImportPath), which would lead out of the module.
        if (imported.split('/').includes('..')) continue;
        const source = providerOf(imported, byPath);
        if (source === undefined) continue;
        imports(source, next.name);
        if (seen.has(imported) || source.directory === undefined) continue;
        seen.add(imported);
        const directory = path.join(source.directory, imported.slice(source.path.length));
        const names = listSync(directory);
        folder?.({ package: imported, directory, names, source });
        const files = filesOf(directory, target, names);
        const read = source.edited === true ? readOwnHead : readHead;
        pending.push({ files, name: imported, reader: source.reader, read });
        if (!(await search.goesOn(files.length))) return false;
      }
      if (isEnough()) return true;
    }
    return true;
  };
  for (const source of sources) {
    const { path: module, directory, main, reader, ignored = [] } = source;
    if (!main || directory === undefined) continue;
    for (const { directory: one, names } of packageDirectories(directory, { directory, ignored })) {
      const relative = path.relative(directory, one);
      const name = relative === '' ? module : `${module}/${relative}`;
      const files = filesOf(one, target, names);
      const isNew = !seen.has(name);
      seen.add(name);
      if (isNew) folder?.({ package: name, directory: one, names, source });
      if (files.length > 0 && isNew) pending.push({ files, name, reader, read: readOwnHead });
      if (!((await search.goesOn(files.length)) && (await follow()))) return false;
      if (isEnough()) return true;
    }
  }
  return true;
}

/**
 * Of the modules in question, those that a build of all packages of the main modules imports. What was found stays where a limit ends the search
 * (decision 0083).
 */
export async function importedModules(
  sources: readonly PackageSource[],
  questioned: ReadonlySet<string>,
  target: BuildTarget,
  limits = searchLimits,
): Promise<Imported> {
  const modules = new Map<string, string>();
  const complete = await followImports(
    sources,
    target,
    {
      imports: ({ path: module }, importer) => {
        if (questioned.has(module) && !modules.has(module)) modules.set(module, importer);
      },
      isEnough: () => modules.size === questioned.size,
    },
    limits,
  );
  return { modules, complete };
}
