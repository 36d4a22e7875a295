/**
 * Determines which modules a build of the workspace reads, by following the imports of its packages through
 * the module cache. This is slow compared with the rest of the collector, so only modules with a possible
 * problem are looked up. What cannot be decided within the limits stays open.
 */
import path from 'node:path';
import { type BuildTarget, readSourceHead, type SourceHead } from '../../../go/imports.ts';
import { listSync } from '../../../host/tree.ts';
import { packageDirectories } from './package-directories.ts';
import { isBuilt, isTaken, type ReadModule, readOwnHead, traceImports } from './source-imports.ts';
import type { SourceReader } from './source-reader.ts';

/** A module whose packages can be looked up. */
export interface PackageSource {
  readonly path: string;
  /** Absolute real path; undefined if the module is not on this host. */
  readonly directory: string | undefined;
  readonly reader: SourceReader;
  readonly main: boolean;
  /** Its sources may be edited, as those of main modules: it is not in a module cache. */
  readonly edited?: boolean;
  /** `ignore` lines of a main module. */
  readonly ignored?: readonly string[];
}

/** Limits of one search. */
export interface SearchLimits {
  /** Directories with at least one file that a build uses. */
  readonly packages: number;
  /** Directories listed to find those: in a web application beside the Go code most contain none. */
  readonly folders: number;
  /**
   * Wall-clock time, for a file system that hardly responds. In all other cases the counts limit the search,
   * so that a busy host gives the same answer.
   */
  readonly milliseconds: number;
}

/**
 * Decision 0083. The largest workspaces examined build some 5,000 packages; a node_modules has up to 100,000
 * directories.
 */
export const searchLimits: SearchLimits = { packages: 20_000, folders: 200_000, milliseconds: 10_000 };

/** Reported if a limit ended a search (decision 0083). */
export const unsearched =
  'the workspace is too large, or its file system too slow, to determine all its imports';

/** Tracks what one search has used of its limits. */
export function searchWithin({ packages, folders, milliseconds }: SearchLimits) {
  const start = performance.now();
  const seen = { packages: 0, folders: 0 };
  return {
    /**
     * Counts a directory, and whether it has files that a build uses; resolves with false if the search must
     * end.
     */
    async goesOn(files: number): Promise<boolean> {
      seen.folders++;
      if (files > 0) seen.packages++;
      if (seen.folders % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
      const isInTime = performance.now() - start <= milliseconds;
      return isInTime && seen.packages <= packages && seen.folders <= folders;
    },
  };
}

/** The imported modules that a search found. */
export interface Imported {
  /**
   * The modules in question that a build imports, each with one importing package. Correct even if the search
   * is incomplete.
   */
  readonly modules: ReadonlyMap<string, string>;
  /** Whether all other modules are unused; false if a limit ended the search before that was known. */
  readonly complete: boolean;
}

/** Larger than any hand-written source, bytes. */
export const sourceLimit = 4 * 1024 * 1024;

type ReadHead = (file: string, reader: SourceReader) => SourceHead | undefined;

/** Returns the files that a build may read in one directory. */
export function filesOf(
  directory: string,
  target: BuildTarget,
  names = listSync(directory),
): readonly string[] {
  return names.filter((name) => isBuilt(name, target)).map((name) => path.join(directory, name));
}

/** Returns the files that a build may read in all packages of a module. */
export function* sourceFiles(
  directory: string,
  target: BuildTarget,
  ignored: readonly string[] = [],
): Generator<string> {
  for (const one of packageDirectories(directory, { directory, ignored }))
    yield* filesOf(one.directory, target, one.names);
}

/** Reads the head of a file without caching: the files of other modules are too many, and never change. */
export const readHead: ReadHead = (file, reader) => {
  const bytes = reader.read(file, sourceLimit);
  return bytes === undefined ? undefined : readSourceHead(bytes.toString('utf8'));
};

/** Returns the heads of the files that a build reads. */
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

/** Returns the imports of the files of one directory. */
function importsOf(
  files: readonly string[],
  target: BuildTarget,
  reader: SourceReader,
  read: ReadHead,
): readonly string[] {
  return [...new Set([...headsOf(files, target, reader, read)].flatMap((head) => head.imports))];
}

/** Adds the imports of editable sources to the read trace, before any of them is read. */
export function traceEditedImports(sources: readonly PackageSource[], target: BuildTarget): void {
  for (const { directory, main, edited, reader, ignored = [] } of sources)
    if (directory !== undefined && (main || edited === true))
      traceImports(directory, { directory, ignored, reader }, target);
}

/**
 * Reports whether building all packages in and below a directory produces a program; undefined if a limit
 * ended the search before one was found.
 */
export async function hasMainPackage(
  top: string,
  target: BuildTarget,
  module: ReadModule,
  limits = searchLimits,
): Promise<boolean | undefined> {
  traceImports(top, module, target);
  const search = searchWithin(limits);
  for (const { directory, names } of packageDirectories(top, module)) {
    const files = filesOf(directory, target, names);
    const [first] = headsOf(files, target, module.reader, readOwnHead);
    if (first?.name === 'main') return true;
    if (!(await search.goesOn(files.length))) return undefined;
  }
  return false;
}

/** Returns the module whose path is the longest prefix of an import path. */
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

/**
 * A directory of a package that a build reads, or of the workspace, where it may have no file that a build
 * uses.
 */
export interface ReadFolder {
  readonly package: string;
  readonly directory: string;
  /** All entries of the directory. */
  readonly names: readonly string[];
  readonly source: PackageSource;
}

/** Callbacks of {@link followImports}. */
export interface Follower {
  /** Called for each import from a known module. */
  readonly imports: (provider: PackageSource, importer: string) => void;
  readonly folder?: (one: ReadFolder) => void;
  /** Reports whether enough is known, so that the search may end. */
  readonly isEnough?: () => boolean;
}

/**
 * Follows the imports of a build of all packages of the main modules; resolves with false if a limit ended
 * the search.
 */
export async function followImports(
  sources: readonly PackageSource[],
  target: BuildTarget,
  { imports, folder, isEnough = () => false }: Follower,
  limits = searchLimits,
): Promise<boolean> {
  traceEditedImports(sources, target);
  const byPath = new Map(sources.map((one) => [one.path, one]));
  const seen = new Set<string>();
  const pending: Pending[] = [];
  const search = searchWithin(limits);
  /** Reads the pending packages and their imports; resolves with false if a limit ended the search. */
  const follow = async (): Promise<boolean> => {
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      for (const imported of importsOf(next.files, target, next.reader, next.read)) {
        // Go rejects a path with such an element (module.CheckImportPath), and it would lead out of the
        // module.
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
 * Returns which of the modules in question a build of the main modules imports. What was found remains valid
 * if a limit ends the search (decision 0083).
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
