/**
 * Compares the extracted modules of the module cache with their recorded hash (`.ziphash`): builds silently
 * use an edited module. Hashing all modules is far too slow for one pass, so the audit proceeds in rounds. It
 * examines the stamps of each module in turn, hashes at once a module with files newer than the others, and
 * everything else as time permits. Its cost is limited to a share of one core.
 */

import path from 'node:path';
import type { EditedModule, ExtractedModules } from '../../../drift/facets/modules.ts';
import { hash1, isH1 } from '../../../go/dirhash.ts';
import { downloadPath, extractedPath } from '../../../go/module-path.ts';
import { trimSpace } from '../../../go/space.ts';
import { sha256Base64, sha256Parts } from '../../../host/digest.ts';
import { realPathOf } from '../../../host/files.ts';
import { LruCache } from '../../../host/lru.ts';
import { entryAt, hashTreeFile, readSmallSync, type TreeEntry, walkTree } from '../../../host/tree.ts';

/** A module version in the cache. */
export interface CachedModule {
  readonly path: string;
  readonly version: string;
}

type AuditResult =
  | { readonly status: 'verified' | 'plausible' | 'pending' | 'absent' | 'unverifiable' }
  | { readonly status: 'edited'; readonly expected: string; readonly actual: string };

interface Known {
  readonly stamp: string;
  readonly verdict: AuditResult;
}

/** Share of a core that the audit may use in the long run. */
const share = 0.02;
/** Initial time budget, ms, enough for ten thousand stamps; and the largest budget that may accumulate. */
const firstCreditMs = 100;
const largestCreditMs = 500;
/** Modules examined at the start in any case: on a busy machine the first one may use up the budget. */
const firstModules = 32;
/**
 * Go writes the files of a module one after another; a longer pause between two of them, in ms, means that
 * something else wrote the later one.
 */
const pauseMs = 50;
const knownLimit = 20_000;

/** The audit of one module cache. */
export interface CacheAudit {
  /**
   * Returns what is known of these modules. The first call works until its budget is used up, which is all
   * that a single check gets; later calls let the audit continue in the background.
   */
  readonly ask: (modules: readonly CachedModule[], nowMs: number) => Promise<ExtractedModules>;
  /**
   * Continues the audit of these modules in the background; the returned text changes when a relevant verdict
   * does.
   */
  readonly pulse: (modules: readonly CachedModule[], nowMs: number) => string;
}

/** Reports whether some files were written later than the rest, by a gap in their sorted times. */
export function hasLatecomers(entries: readonly TreeEntry[]): boolean {
  const files = entries.filter((entry) => entry.kind !== 'directory');
  return (
    // Directories are made read-only at the end, which changes their ctime but not the mtime of their last
    // new entry.
    pauses(entries.map((entry) => entry.mtimeMs)) || pauses(files.map((entry) => entry.ctimeMs))
  );
}

function pauses(times: readonly number[]): boolean {
  const sorted = Float64Array.from(times).sort();
  return sorted.some((time, index) => index > 0 && time - (sorted[index - 1] as number) > pauseMs);
}

function stampOf(entries: readonly TreeEntry[]): string {
  const digest = sha256Parts();
  const encoder = new TextEncoder();
  for (const { name, kind, inode, size, mtimeMs, ctimeMs } of entries)
    digest.update(encoder.encode(`${name}\0${kind} ${inode} ${size} ${mtimeMs} ${ctimeMs}\n`));
  return digest.hex();
}

/** Hashes an extracted module; undefined if a file is unreadable. */
async function hashModule(
  directory: string,
  { path: module, version }: CachedModule,
  entries: readonly TreeEntry[],
): Promise<string | undefined> {
  const files = new Map<string, string>();
  for (const entry of entries) {
    if (entry.kind === 'directory') continue;
    // A module contains only regular files.
    const sha256 = entry.kind === 'file' ? await hashTreeFile(path.join(directory, entry.name)) : 'other';
    if (sha256 === undefined) return undefined;
    files.set(`${module}@${version}/${entry.name}`, sha256);
  }
  return hash1(files, { base64: sha256Base64 });
}

/**
 * Returns the part of a summary on which states depend, as text: a change of the counts alone causes no
 * observation.
 */
export function verdictMark({ pending, edited }: ExtractedModules): string {
  return `${pending === 0} ${edited.map((one) => `${one.directory} ${one.actual}`).join(' ')}`;
}

const keyOf = (module: CachedModule) => `${module.path}@${module.version}`;

/** Returns the directory of an extracted module. */
const directoryOf = (cache: string, module: CachedModule) =>
  path.join(cache, extractedPath(module.path, module.version));

/**
 * Judges a module, given its previous verdict; `thorough` hashes it whatever its stamps say. Throws if a
 * directory cannot be listed.
 */
async function judge(
  cache: string,
  module: CachedModule,
  before: Known | undefined,
  thorough: boolean,
): Promise<Known> {
  const directory = directoryOf(cache, module);
  const download = (end: 'ziphash' | 'partial') =>
    path.join(cache, downloadPath(module.path, module.version, end));
  const top = entryAt(directory);
  if (top === undefined) return { stamp: '', verdict: { status: 'absent' } };
  if (entryAt(download('partial')) !== undefined) return { stamp: '', verdict: { status: 'pending' } };
  const expected = trimSpace(readSmallSync(download('ziphash'), 4096)?.toString('utf8') ?? '');
  if (!isH1(expected)) return { stamp: '', verdict: { status: 'unverifiable' } };
  // Go follows a symlink in place of the directory. The audit does not, as its target is not a module of this
  // cache.
  const entries = top.kind === 'directory' ? [...walkTree(directory)] : [top];
  const stamp = `${expected} ${stampOf(entries)}`;
  if (before?.stamp === stamp && (!thorough || before.verdict.status !== 'plausible')) return before;
  const irregular = entries.some(({ kind }) => kind === 'other');
  if (!thorough && !irregular && top.kind === 'directory' && !hasLatecomers(entries))
    return { stamp, verdict: { status: 'plausible' } };
  const actual = await hashModule(directory, module, entries);
  if (actual === undefined) return { stamp, verdict: { status: 'unverifiable' } };
  if (actual === expected) return { stamp, verdict: { status: 'verified' } };
  // The module is being unpacked or removed; judge it later.
  if (top.kind === 'directory' && stampOf([...walkTree(directory)]) !== stampOf(entries))
    return { stamp: '', verdict: { status: 'pending' } };
  return { stamp, verdict: { status: 'edited', expected, actual } };
}

/** Creates the audit of a module cache, which remembers verdicts in memory. */
export function createCacheAudit(root: string, modCache: string): CacheAudit {
  return new ModuleAudit(root, modCache);
}

class ModuleAudit implements CacheAudit {
  readonly #root: string;
  readonly #modCache: string;
  readonly #known = new LruCache<Known>(knownLimit);
  /** Remaining time budget, ms. */
  #credit = firstCreditMs;
  /** When it was last asked; undefined before the first time. */
  #last: number | undefined;
  /** Index of the next module in the round; undefined before the first one. */
  #cursor: number | undefined;
  #working: Promise<void> | undefined;

  constructor(root: string, modCache: string) {
    this.#root = root;
    this.#modCache = modCache;
  }

  readonly ask = async (modules: readonly CachedModule[], nowMs: number): Promise<ExtractedModules> => {
    const first = this.#last === undefined;
    const round = this.#proceed(modules, nowMs);
    if (first) await round;
    else {
      const cache = this.#cache();
      if (cache !== undefined) await this.#lookAtEdited(cache, modules);
    }
    return this.#summary(modules);
  };

  readonly pulse = (modules: readonly CachedModule[], nowMs: number): string => {
    void this.#proceed(modules, nowMs);
    return verdictMark(this.#summary(modules));
  };

  #cache(): string | undefined {
    return realPathOf({ root: this.#root, path: this.#modCache });
  }

  /** Starts a round in the background unless one is running. */
  #proceed(modules: readonly CachedModule[], nowMs: number): Promise<void> {
    const first = this.#last === undefined;
    const earned = Math.max(0, nowMs - (this.#last ?? nowMs)) * share;
    this.#credit = Math.min(largestCreditMs, this.#credit + earned);
    this.#last = nowMs;
    const cache = this.#cache();
    if (cache === undefined || modules.length === 0) return Promise.resolve();
    // Each short-lived check begins at another module, so that a few checks together cover a large project.
    this.#cursor ??= Math.floor(nowMs / 1000) % modules.length;
    this.#working ??= this.#work(cache, modules, first ? firstModules : 0).finally(() => {
      this.#working = undefined;
    });
    return this.#working;
  }

  async #work(cache: string, modules: readonly CachedModule[], atLeast: number): Promise<void> {
    this.#passOverAbsent(cache, modules);
    await this.#lookAtEdited(cache, modules);
    await this.#round(cache, modules, { thorough: false, atLeast });
    await this.#round(cache, modules, { thorough: true, atLeast: 0 });
  }

  /**
   * Records the modules that were never extracted, which are most of a list, with one stat each, so that they
   * need not wait for their turn.
   */
  #passOverAbsent(cache: string, modules: readonly CachedModule[]): void {
    const start = performance.now();
    for (const module of modules) {
      if (this.#known.has(keyOf(module))) continue;
      if (performance.now() - start > this.#credit) break;
      if (entryAt(directoryOf(cache, module)) === undefined)
        this.#remember(module, { stamp: '', verdict: { status: 'absent' } });
    }
    this.#credit -= performance.now() - start;
  }

  /** Examines the modules found edited before, which may have been repaired. */
  async #lookAtEdited(cache: string, modules: readonly CachedModule[]): Promise<void> {
    for (const module of modules)
      if (this.#statusOf(module) === 'edited') await this.#look(cache, module, false);
  }

  /** Runs one round from the cursor on, while the budget lasts, or until `atLeast` modules were examined. */
  async #round(
    cache: string,
    modules: readonly CachedModule[],
    { thorough, atLeast }: { readonly thorough: boolean; readonly atLeast: number },
  ): Promise<void> {
    for (let count = 0; count < modules.length && (this.#credit > 0 || count < atLeast); count++) {
      const index = (this.#cursor ?? 0) % modules.length;
      const module = modules[index] as CachedModule;
      this.#cursor = (index + 1) % modules.length;
      if (thorough && this.#statusOf(module) !== 'plausible') continue;
      const start = performance.now();
      await this.#look(cache, module, thorough);
      this.#credit -= performance.now() - start;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async #look(cache: string, module: CachedModule, thorough: boolean): Promise<void> {
    const before = this.#known.get(keyOf(module));
    try {
      const found = await judge(cache, module, before, thorough);
      if (found !== before) this.#remember(module, found);
    } catch {
      // The directory vanished or may not be listed.
      this.#remember(module, { stamp: '', verdict: { status: 'unverifiable' } });
    }
  }

  #statusOf(module: CachedModule): AuditResult['status'] | undefined {
    return this.#known.get(keyOf(module))?.verdict.status;
  }

  /** Stores a verdict; if there are too many, that of the module queried longest ago is dropped. */
  #remember(module: CachedModule, found: Known): void {
    this.#known.set(keyOf(module), found);
  }

  #summary(modules: readonly CachedModule[]): ExtractedModules {
    const verdicts = modules.map((module) => ({ module, verdict: this.#known.get(keyOf(module))?.verdict }));
    const count = (status: AuditResult['status'] | undefined) =>
      verdicts.filter((one) => one.verdict?.status === status).length;
    return {
      verified: count('verified'),
      plausible: count('plausible'),
      pending: count(undefined) + count('pending'),
      absent: count('absent'),
      unverifiable: count('unverifiable'),
      edited: verdicts.flatMap(({ module, verdict }): readonly EditedModule[] => {
        if (verdict?.status !== 'edited') return [];
        const { expected, actual } = verdict;
        return [{ ...module, directory: directoryOf(this.#modCache, module), expected, actual }];
      }),
    };
  }
}
