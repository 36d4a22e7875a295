/**
 * Extracted modules of the module cache against their recorded hash (`.ziphash`): builds use an edited one without a word. Hashing all is
 * far too slow for a pass, so the audit goes round: it looks at the stamps of each module in turn, hashes at once what holds files newer
 * than their neighbours, and everything else when there is time. What it may cost is a share of one core.
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

/** A module of the cache at a version. */
export interface CachedModule {
  readonly path: string;
  readonly version: string;
}

type Verdict =
  | { readonly status: 'verified' | 'plausible' | 'pending' | 'absent' | 'unverifiable' }
  | { readonly status: 'edited'; readonly expected: string; readonly actual: string };

interface Known {
  readonly stamp: string;
  readonly verdict: Verdict;
}

/** Share of a core that the audit may take in the long run. */
const share = 0.02;
/** What it has when it starts, in ms: enough for ten thousand stamps; and what it may save up. */
const firstCreditMs = 100;
const largestCreditMs = 500;
/** Modules that are looked at in any case when it starts: on a busy machine the first of them may take all of the time. */
const firstModules = 32;
/** Go writes the files of a module one after the other; a pause this long between two of them was somebody else. */
const pauseMs = 50;
const knownLimit = 20_000;

/** An audit of one module cache. */
export interface CacheAudit {
  /**
   * What is known of these modules so far. The first time it looks for as long as its budget lasts, which is all that a check has; later it
   * goes on in the background.
   */
  readonly ask: (modules: readonly CachedModule[], nowMs: number) => Promise<ExtractedModules>;
  /** Lets the background go on over these modules; the answer is another one when a verdict that matters changed. */
  readonly pulse: (modules: readonly CachedModule[], nowMs: number) => string;
}

/** Whether some files came later than the rest: a pause in the order of their times. */
export function hasLatecomers(entries: readonly TreeEntry[]): boolean {
  const files = entries.filter((entry) => entry.kind !== 'directory');
  return (
    // Directories are made read-only in the end, which moves their ctime but not the time of their last new name.
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

/** Hashes an extracted module; undefined when a file cannot be read. */
async function hashModule(
  directory: string,
  { path: module, version }: CachedModule,
  entries: readonly TreeEntry[],
): Promise<string | undefined> {
  const files = new Map<string, string>();
  for (const entry of entries) {
    if (entry.kind === 'directory') continue;
    // What is no regular file is in no module.
    const sha256 = entry.kind === 'file' ? await hashTreeFile(path.join(directory, entry.name)) : 'other';
    if (sha256 === undefined) return undefined;
    files.set(`${module}@${version}/${entry.name}`, sha256);
  }
  return hash1(files, { base64: sha256Base64 });
}

/** What of a summary a state depends on, as one text: counts alone are no reason to look again. */
export function verdictMark({ pending, edited }: ExtractedModules): string {
  return `${pending === 0} ${edited.map((one) => `${one.directory} ${one.actual}`).join(' ')}`;
}

const keyOf = (module: CachedModule) => `${module.path}@${module.version}`;

/** Where a module lies unpacked in a module cache. */
const directoryOf = (cache: string, module: CachedModule) =>
  path.join(cache, extractedPath(module.path, module.version));

/** Judges a module, in the light of what was known of it; `thorough` hashes it whatever its stamps say. Throws for a folder that cannot be listed. */
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
  // Go follows a link in place of the folder; the audit does not, for what it leads to is no module of this cache.
  const entries = top.kind === 'directory' ? [...walkTree(directory)] : [top];
  const stamp = `${expected} ${stampOf(entries)}`;
  if (before?.stamp === stamp && (!thorough || before.verdict.status !== 'plausible')) return before;
  const irregular = entries.some(({ kind }) => kind === 'other');
  if (!thorough && !irregular && top.kind === 'directory' && !hasLatecomers(entries))
    return { stamp, verdict: { status: 'plausible' } };
  const actual = await hashModule(directory, module, entries);
  if (actual === undefined) return { stamp, verdict: { status: 'unverifiable' } };
  if (actual === expected) return { stamp, verdict: { status: 'verified' } };
  // Unpacked or removed this moment: judge another time.
  if (top.kind === 'directory' && stampOf([...walkTree(directory)]) !== stampOf(entries))
    return { stamp: '', verdict: { status: 'pending' } };
  return { stamp, verdict: { status: 'edited', expected, actual } };
}

/** Makes the audit of a module cache; it remembers what it saw for as long as it lives. */
export function createCacheAudit(root: string, modCache: string): CacheAudit {
  return new ModuleAudit(root, modCache);
}

class ModuleAudit implements CacheAudit {
  readonly #root: string;
  readonly #modCache: string;
  readonly #known = new LruCache<Known>(knownLimit);
  /** What it may still cost, in ms. */
  #credit = firstCreditMs;
  /** When it was asked last; undefined before the first time. */
  #last: number | undefined;
  /** The module that is next in the round; undefined before the first one. */
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

  /** Starts a round in the background unless one runs. */
  #proceed(modules: readonly CachedModule[], nowMs: number): Promise<void> {
    const first = this.#last === undefined;
    const earned = Math.max(0, nowMs - (this.#last ?? nowMs)) * share;
    this.#credit = Math.min(largestCreditMs, this.#credit + earned);
    this.#last = nowMs;
    const cache = this.#cache();
    if (cache === undefined || modules.length === 0) return Promise.resolve();
    // Each short-lived check begins elsewhere, so that large projects are seen whole in a few of them.
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

  /** Most of a list is never extracted; one stat each says which, so that they do not wait for their turn. */
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

  /** What was found before may be healed. */
  async #lookAtEdited(cache: string, modules: readonly CachedModule[]): Promise<void> {
    for (const module of modules)
      if (this.#statusOf(module) === 'edited') await this.#look(cache, module, false);
  }

  /** One round over the modules from the cursor on, while there is credit, or until so many were looked at. */
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
      // A folder that vanished or may not be listed.
      this.#remember(module, { stamp: '', verdict: { status: 'unverifiable' } });
    }
  }

  #statusOf(module: CachedModule): Verdict['status'] | undefined {
    return this.#known.get(keyOf(module))?.verdict.status;
  }

  /** Remembers what was found; the module that was asked for longest ago goes when there are too many. */
  #remember(module: CachedModule, found: Known): void {
    this.#known.set(keyOf(module), found);
  }

  #summary(modules: readonly CachedModule[]): ExtractedModules {
    const verdicts = modules.map((module) => ({ module, verdict: this.#known.get(keyOf(module))?.verdict }));
    const count = (status: Verdict['status'] | undefined) =>
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
