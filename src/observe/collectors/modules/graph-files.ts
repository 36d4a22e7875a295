/**
 * Reads the module graph of a project from go.mod files on disk: those in the module cache and in directories
 * that replace modules.
 */

import path from 'node:path';
import { hash1 } from '../../../go/dirhash.ts';
import { type GoMod, parseGoMod } from '../../../go/gomod.ts';
import { sumKey } from '../../../go/gosum.ts';
import {
  type GraphInput,
  type ModuleGraph,
  type ModuleVersion,
  type ReplacedBy,
  readModuleGraph,
  replacementOf,
} from '../../../go/module-graph.ts';
import { downloadPath } from '../../../go/module-path.ts';
import { sha256Base64, sha256Hex } from '../../../host/digest.ts';
import { realPathOf, stampOf } from '../../../host/files.ts';
import { readSmallSync } from '../../../host/tree.ts';
import { traceCachedMod } from './cached-files.ts';
import { cachedReader } from './cached-reader.ts';
import type { ModuleProject } from './project.ts';

/** What is built for a module: the module itself, its replacement, or a directory. */
export interface BuiltModule {
  readonly path: string;
  /** Undefined for a directory. */
  readonly version?: string;
}

/** The module graph, and the lookup of replacements. */
export interface ProjectGraph extends ModuleGraph {
  readonly replacement: (module: ModuleVersion) => ReplacedBy | undefined;
  /** `h1:` sums of the go.mod files read from the cache, by `path version`. */
  readonly modSums: ReadonlyMap<string, string>;
  /** go lines of the modules whose go.mod was read, by `path version` of the selected module. */
  readonly goLines: ReadonlyMap<string, string>;
}

/** Limits the cost of a hostile go.mod in the cache; no real project needs as many reads. */
const readLimit = 50_000;

/** The part of a go.mod that the graph needs. */
type ModSummary = NonNullable<ReturnType<GraphInput['modOf']>>;

const emptyMod: ModSummary = { require: [] };

function summaryOf(mod: GoMod): ModSummary {
  return { require: mod.require, ...(mod.go === undefined ? {} : { go: mod.go.version }) };
}

/** Returns the `h1:` sum of a go.mod. */
const sumOfMod = (bytes: Uint8Array) =>
  hash1(new Map([['go.mod', sha256Hex(bytes)]]), { base64: sha256Base64 }) ?? '';

const modOfCache = cachedReader((bytes) => ({
  summary: summaryOf(parseGoMod(bytes)),
  sum: sumOfMod(bytes),
}));

/** Most bytes of go.mod files copied for one run of `go`; the largest projects examined need some 3 MB. */
const copyLimit = 64 << 20;

/**
 * Returns the go.mod files of the module cache from which a graph was built, by path relative to the cache;
 * undefined if one has changed, or if they are too large in total. They are read again, since this is needed
 * only once.
 */
export function cachedMods(
  { root, modCache }: ModuleProject,
  { modSums }: ProjectGraph,
): ReadonlyMap<string, Uint8Array> | undefined {
  const cache = realPathOf({ root, path: modCache || '/nonexistent' });
  const found = new Map<string, Uint8Array>();
  let total = 0;
  for (const [key, sum] of modSums) {
    const [module = '', version = ''] = key.split(' ');
    const name = downloadPath(module, version, 'mod');
    const bytes = cache === undefined ? undefined : readSmallSync(path.join(cache, name));
    if (bytes === undefined || sumOfMod(bytes) !== sum) return undefined;
    total += bytes.length;
    if (total > copyLimit) return undefined;
    found.set(name, bytes);
  }
  return found;
}

/** Returns what is built for a module. */
export function builtOf(module: ModuleVersion, replacement: ReplacedBy | undefined): BuiltModule {
  if (replacement === undefined) return module;
  return replacement.version === undefined
    ? { path: replacement.path }
    : { path: replacement.path, version: replacement.version };
}

/** Returns the main modules and go.work in the form that the graph needs. */
function graphInput(project: ModuleProject): Pick<GraphInput, 'mains' | 'work'> {
  return {
    mains: project.mains.map(({ directory, mod }) => ({ directory, mod: mod.content })),
    ...(project.work === undefined
      ? {}
      : { work: { replace: project.work.content.replace, directory: project.work.directory } }),
  };
}

/** Reads the module graph. */
export function readProjectGraph(project: ModuleProject): ProjectGraph {
  const cache = realPathOf({ root: project.root, path: project.modCache || '/nonexistent' });
  const modSums = new Map<string, string>();
  const goLines = new Map<string, string>();
  let reads = 0;

  const inDirectory = ({ base, path: target }: ReplacedBy): ModSummary | undefined => {
    const file = project.replaced.get(path.resolve(base, target));
    return file === undefined || file.digest === '' ? undefined : summaryOf(file.content);
  };
  const inCache = (built: BuiltModule): ModSummary | undefined => {
    const relative = downloadPath(built.path, built.version ?? '', 'mod');
    const file = cache === undefined || ++reads > readLimit ? undefined : path.join(cache, relative);
    if (file !== undefined) traceCachedMod(file);
    const mod = file === undefined ? undefined : modOfCache(file);
    if (mod === undefined) {
      // Also by its path in the cache, so that its creation is announced.
      stampOf({ root: project.root, path: path.join(project.modCache, relative) });
      return undefined;
    }
    modSums.set(`${built.path} ${built.version}`, mod.sum);
    return mod.summary;
  };
  const modOf: GraphInput['modOf'] = (module, replacement) => {
    const built = builtOf(module, replacement);
    if (built.version === 'none') return emptyMod;
    const mod = built.version === undefined ? inDirectory(replacement as ReplacedBy) : inCache(built);
    if (mod?.go !== undefined) goLines.set(sumKey(module.path, module.version), mod.go);
    return mod;
  };

  const input = { ...graphInput(project), modOf };
  return { ...readModuleGraph(input), replacement: replacementOf(input), modSums, goLines };
}
