/**
 * Which modules a build of the workspace reads: the imports of its packages, followed through the module cache. Slow beside everything else
 * here, so it is asked only about modules that lack something; what it cannot decide in time it leaves open.
 */
import path from 'node:path';
import { isIgnored } from '../../go/ignored.ts';
import {
  type BuildTarget,
  constraintHolds,
  nameFits,
  readSourceHead,
  type SourceHead,
} from '../../go/imports.ts';
import { entryAt, listSync, readSmallSync } from '../../host/tree.ts';

/** A module whose packages can be looked up. */
export interface PackageSource {
  readonly path: string;
  /** Absolute real directory; undefined when it is not on this host. */
  readonly directory: string | undefined;
  readonly main: boolean;
  /** `ignore` lines of a main module. */
  readonly ignored?: readonly string[];
}

const directoryLimit = 20_000;
const timeLimitMs = 1_500;
const sourceLimit = 4 * 1024 * 1024;

/** Files that a build may read in one directory; tests are no part of a build. */
function* filesOf(directory: string, target: BuildTarget): Generator<string> {
  for (const name of listSync(directory))
    if (name.endsWith('.go') && !name.endsWith('_test.go') && nameFits(name, target))
      yield path.join(directory, name);
}

/** The same in all packages of a module. */
export function* sourceFiles(
  directory: string,
  target: BuildTarget,
  ignored: readonly string[] = [],
): Generator<string> {
  for (const one of packageDirectories(directory, { directory, ignored })) yield* filesOf(one, target);
}

/** Heads of the files that a build reads in one directory. */
function* headsOf(directory: string, target: BuildTarget): Generator<SourceHead> {
  for (const file of filesOf(directory, target)) {
    const bytes = readSmallSync(file, sourceLimit);
    if (bytes === undefined) continue;
    const head = readSourceHead(bytes.toString('utf8'));
    if (head.constraint !== undefined && !constraintHolds(head.constraint, target)) continue;
    if (!head.usesCgo || target.cgo) yield head;
  }
}

/** Import paths of one directory. */
function importsOf(directory: string, target: BuildTarget): readonly string[] {
  return [...new Set([...headsOf(directory, target)].flatMap((head) => head.imports))];
}

/** Whether a build of all packages in and below a directory of a module makes a program; false too where that takes too long to find out. */
export async function hasMainPackage(top: string, target: BuildTarget, module: Ignoring): Promise<boolean> {
  const start = performance.now();
  let seen = 0;
  for (const directory of packageDirectories(top, module)) {
    const [first] = headsOf(directory, target);
    if (first?.name === 'main') return true;
    if (++seen > directoryLimit || performance.now() - start > timeLimitMs) return false;
    if (seen % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return false;
}

/** A module and the `ignore` lines of its go.mod; the directory is a real one. */
export interface Ignoring {
  readonly directory: string;
  readonly ignored: readonly string[];
}

/** A directory and all package directories below it; not those of other modules, testdata and what go's `...` and an `ignore` line leave out. */
function* packageDirectories(top: string, { directory, ignored }: Ignoring): Generator<string> {
  const pending = [top];
  for (let here = pending.pop(); here !== undefined; here = pending.pop()) {
    yield here;
    for (const name of listSync(here)) {
      if (/^[._]/.test(name) || name === 'testdata' || name === 'vendor') continue;
      const below = path.join(here, name);
      if (ignored.length > 0 && isIgnored(ignored, path.relative(directory, below))) continue;
      if (entryAt(below)?.kind === 'directory' && entryAt(path.join(below, 'go.mod')) === undefined)
        pending.push(below);
    }
  }
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
  const byPath = new Map(sources.map((one) => [one.path, one]));
  const start = performance.now();
  let seen = 0;
  for (const { directory, main, ignored = [] } of sources) {
    if (!main || directory === undefined) continue;
    for (const one of packageDirectories(directory, { directory, ignored })) {
      const found = importsOf(one, target).find(
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
  const byPath = new Map(sources.map((one) => [one.path, one]));
  const needed = new Map<string, string>();
  const seen = new Set<string>();
  const pending: { readonly directory: string; readonly name: string }[] = [];
  for (const { path: module, directory, main, ignored = [] } of sources) {
    if (!main || directory === undefined) continue;
    for (const one of packageDirectories(directory, { directory, ignored })) {
      const relative = path.relative(directory, one);
      const name = relative === '' ? module : `${module}/${relative}`;
      seen.add(name);
      pending.push({ directory: one, name });
      if (pending.length > directoryLimit) return undefined;
    }
  }
  const start = performance.now();
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (performance.now() - start > timeLimitMs || seen.size > directoryLimit) return undefined;
    for (const imported of importsOf(next.directory, target)) {
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
      });
    }
    if (needed.size === questioned.size) break;
    if (seen.size % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return needed;
}
