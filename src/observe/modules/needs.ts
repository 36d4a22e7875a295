/**
 * Which modules a build of the workspace reads: the imports of its packages, followed through the module cache. Slow beside everything else
 * here, so it is asked only about modules that lack something; what it cannot decide in time it leaves open.
 */
import path from 'node:path';
import { type BuildTarget, readSourceHead, type SourceHead } from '../../go/imports.ts';
import { listSync, readSmallSync } from '../../host/tree.ts';
import { type Ignoring, packageDirectories } from './package-directories.ts';
import { isBuilt, isTaken, noteImports, readOwnHead } from './source-imports.ts';

/** A module whose packages can be looked up. */
export interface PackageSource {
  readonly path: string;
  /** Absolute real directory; undefined when it is not on this host. */
  readonly directory: string | undefined;
  readonly main: boolean;
  /** Its sources are edited in place, as those of main modules are: it lies in no module cache. */
  readonly edited?: boolean;
  /** `ignore` lines of a main module. */
  readonly ignored?: readonly string[];
}

const directoryLimit = 20_000;
const timeLimitMs = 1_500;
const sourceLimit = 4 * 1024 * 1024;

type ReadHead = (file: string) => SourceHead | undefined;

/** Files that a build may read in one directory. */
function filesOf(directory: string, target: BuildTarget, names = listSync(directory)): readonly string[] {
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

/** Those of other modules are too many to be remembered, and never change. */
const readHead: ReadHead = (file) => {
  const bytes = readSmallSync(file, sourceLimit);
  return bytes === undefined ? undefined : readSourceHead(bytes.toString('utf8'));
};

/** Heads of the files that a build reads in one directory. */
function* headsOf(directory: string, target: BuildTarget, read: ReadHead): Generator<SourceHead> {
  for (const file of filesOf(directory, target)) {
    const head = read(file);
    if (head !== undefined && isTaken(head, target)) yield head;
  }
}

/** Import paths of one directory. */
function importsOf(directory: string, target: BuildTarget, read: ReadHead): readonly string[] {
  return [...new Set([...headsOf(directory, target, read)].flatMap((head) => head.imports))];
}

/** Notes what those import whose sources are edited in place, before any of it is read. */
export function noteEdited(sources: readonly PackageSource[], target: BuildTarget): void {
  for (const { directory, main, edited, ignored = [] } of sources)
    if (directory !== undefined && (main || edited === true))
      noteImports(directory, { directory, ignored }, target);
}

/** Whether a build of all packages in and below a directory of a module makes a program; false too where that takes too long to find out. */
export async function hasMainPackage(top: string, target: BuildTarget, module: Ignoring): Promise<boolean> {
  noteImports(top, module, target);
  const start = performance.now();
  let seen = 0;
  for (const { directory } of packageDirectories(top, module)) {
    const [first] = headsOf(directory, target, readOwnHead);
    if (first?.name === 'main') return true;
    if (++seen > directoryLimit || performance.now() - start > timeLimitMs) return false;
    if (seen % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
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

/**
 * A package that the main modules import and none of the modules provides, which go can add to go.mod under -mod=mod only; undefined where there is
 * none, or that takes too long to find out.
 */
export async function unprovidedImport(
  sources: readonly PackageSource[],
  target: BuildTarget,
): Promise<string | undefined> {
  noteEdited(sources, target);
  const byPath = new Map(sources.map((one) => [one.path, one]));
  const start = performance.now();
  let seen = 0;
  for (const { directory, main, ignored = [] } of sources) {
    if (!main || directory === undefined) continue;
    for (const one of packageDirectories(directory, { directory, ignored })) {
      const found = importsOf(one.directory, target, readOwnHead).find(
        // The standard library has no dot in its first element.
        (imported) => /^[^/]*\./.test(imported) && providerOf(imported, byPath) === undefined,
      );
      if (found !== undefined) return found;
      if (++seen > directoryLimit || performance.now() - start > timeLimitMs) return undefined;
      if (seen % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return undefined;
}

/**
 * Of the modules in question, those that a build of all packages of the main modules imports, each with one importing package. Undefined
 * when that took too long to find out.
 */
export async function neededModules(
  sources: readonly PackageSource[],
  questioned: ReadonlySet<string>,
  target: BuildTarget,
): Promise<ReadonlyMap<string, string> | undefined> {
  noteEdited(sources, target);
  const byPath = new Map(sources.map((one) => [one.path, one]));
  const needed = new Map<string, string>();
  const seen = new Set<string>();
  const pending: { readonly directory: string; readonly name: string; readonly read: ReadHead }[] = [];
  for (const { path: module, directory, main, ignored = [] } of sources) {
    if (!main || directory === undefined) continue;
    for (const { directory: one } of packageDirectories(directory, { directory, ignored })) {
      const relative = path.relative(directory, one);
      const name = relative === '' ? module : `${module}/${relative}`;
      seen.add(name);
      pending.push({ directory: one, name, read: readOwnHead });
      if (pending.length > directoryLimit) return undefined;
    }
  }
  const start = performance.now();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (performance.now() - start > timeLimitMs || seen.size > directoryLimit) return undefined;
    for (const imported of importsOf(next.directory, target, next.read)) {
      // Go refuses a path with such an element (module.CheckImportPath), which would lead out of the module.
      if (imported.split('/').includes('..')) continue;
      const provider = providerOf(imported, byPath);
      if (provider === undefined) continue;
      if (questioned.has(provider.path) && !needed.has(provider.path)) needed.set(provider.path, next.name);
      if (seen.has(imported) || provider.directory === undefined) continue;
      seen.add(imported);
      pending.push({
        directory: path.join(provider.directory, imported.slice(provider.path.length)),
        name: imported,
        read: provider.edited === true ? readOwnHead : readHead,
      });
    }
    if (needed.size === questioned.size) break;
    if (seen.size % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return needed;
}
