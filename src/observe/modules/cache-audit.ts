/**
 * Extracted modules of the module cache against their recorded hash (`.ziphash`): builds use an edited one without a word. Hashing all is
 * far too slow for a pass, so the audit goes round: it looks at the stamps of each module in turn, hashes at once what holds files newer
 * than their neighbours, and everything else when there is time. What it may cost is a share of one core.
 */

import path from 'node:path';
import type { EditedModule, ExtractedModules } from '../../drift/facets/modules.ts';
import { hash1, isH1 } from '../../go/dirhash.ts';
import { downloadPath, extractedPath } from '../../go/module-path.ts';
import { trimSpace } from '../../go/space.ts';
import { sha256Base64, sha256Parts } from '../../host/digest.ts';
import { realPathOf } from '../../host/files.ts';
import { entryAt, hashTreeFile, readSmallSync, type TreeEntry, walkTree } from '../../host/tree.ts';

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

/** Makes the audit of a module cache; it remembers what it saw for as long as it lives. */
export function createCacheAudit(root: string, modCache: string): CacheAudit {
  const known = new Map<string, Known>();
  let credit = firstCreditMs;
  let last: number | undefined;
  let cursor: number | undefined;
  let working: Promise<void> | undefined;

  const keyOf = (module: CachedModule) => `${module.path}@${module.version}`;

  /** Looks at one module; `thorough` hashes it whatever its stamps say. */
  async function look(cache: string, module: CachedModule, thorough: boolean): Promise<Verdict> {
    const key = keyOf(module);
    const directory = path.join(cache, extractedPath(module.path, module.version));
    const download = (end: 'ziphash' | 'partial') =>
      path.join(cache, downloadPath(module.path, module.version, end));
    const top = entryAt(directory);
    if (top === undefined) return remember(key, '', { status: 'absent' });
    if (entryAt(download('partial')) !== undefined) return remember(key, '', { status: 'pending' });
    const expected = trimSpace(readSmallSync(download('ziphash'), 4096)?.toString('utf8') ?? '');
    if (!isH1(expected)) return remember(key, '', { status: 'unverifiable' });
    // Go follows a link in place of the folder; the audit does not, for what it leads to is no module of this cache.
    const entries = top.kind === 'directory' ? [...walkTree(directory)] : [top];
    const stamp = `${expected} ${stampOf(entries)}`;
    const before = known.get(key);
    const settled = before?.stamp === stamp && (!thorough || before.verdict.status !== 'plausible');
    if (settled) return before.verdict;
    const irregular = entries.some(({ kind }) => kind === 'other');
    if (!thorough && !irregular && top.kind === 'directory' && !hasLatecomers(entries))
      return remember(key, stamp, { status: 'plausible' });
    const actual = await hashModule(directory, module, entries);
    if (actual === undefined) return remember(key, stamp, { status: 'unverifiable' });
    if (actual === expected) return remember(key, stamp, { status: 'verified' });
    // Unpacked or removed this moment: judge another time.
    if (top.kind === 'directory' && stampOf([...walkTree(directory)]) !== stampOf(entries))
      return remember(key, '', { status: 'pending' });
    return remember(key, stamp, { status: 'edited', expected, actual });
  }

  function remember(key: string, stamp: string, verdict: Verdict): Verdict {
    known.delete(key);
    if (known.size >= knownLimit) known.delete(known.keys().next().value as string);
    known.set(key, { stamp, verdict });
    return verdict;
  }

  async function lookSafely(cache: string, module: CachedModule, thorough: boolean): Promise<void> {
    try {
      await look(cache, module, thorough);
    } catch {
      // A folder that vanished or may not be listed.
      remember(keyOf(module), '', { status: 'unverifiable' });
    }
  }

  /** One round over the modules from the cursor on, while there is credit, or until so many were looked at. */
  async function round(
    cache: string,
    modules: readonly CachedModule[],
    { thorough, atLeast }: { readonly thorough: boolean; readonly atLeast: number },
  ): Promise<void> {
    for (let count = 0; count < modules.length && (credit > 0 || count < atLeast); count++) {
      const module = modules[(cursor as number) % modules.length] as CachedModule;
      cursor = ((cursor as number) + 1) % modules.length;
      if (thorough && known.get(keyOf(module))?.verdict.status !== 'plausible') continue;
      const start = performance.now();
      await lookSafely(cache, module, thorough);
      credit -= performance.now() - start;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Most of a list is never extracted; one stat each says which, so that they do not wait for their turn. */
  function passOverAbsent(cache: string, modules: readonly CachedModule[]): void {
    const start = performance.now();
    for (const module of modules) {
      const key = keyOf(module);
      if (known.has(key)) continue;
      if (performance.now() - start > credit) break;
      const directory = path.join(cache, extractedPath(module.path, module.version));
      if (entryAt(directory) === undefined) remember(key, '', { status: 'absent' });
    }
    credit -= performance.now() - start;
  }

  /** What was found before may be healed. */
  async function lookAtEdited(cache: string, modules: readonly CachedModule[]): Promise<void> {
    for (const module of modules)
      if (known.get(keyOf(module))?.verdict.status === 'edited') await lookSafely(cache, module, false);
  }

  async function work(cache: string, modules: readonly CachedModule[], atLeast: number): Promise<void> {
    passOverAbsent(cache, modules);
    await lookAtEdited(cache, modules);
    await round(cache, modules, { thorough: false, atLeast });
    await round(cache, modules, { thorough: true, atLeast: 0 });
  }

  function summary(modules: readonly CachedModule[]): ExtractedModules {
    const verdicts = modules.map((module) => ({ module, verdict: known.get(keyOf(module))?.verdict }));
    const count = (status: Verdict['status']) =>
      verdicts.filter((one) => one.verdict?.status === status).length;
    return {
      verified: count('verified'),
      plausible: count('plausible'),
      pending: verdicts.filter((one) => one.verdict === undefined).length + count('pending'),
      absent: count('absent'),
      unverifiable: count('unverifiable'),
      edited: verdicts.flatMap(({ module, verdict }): readonly EditedModule[] =>
        verdict?.status === 'edited'
          ? [
              {
                ...module,
                directory: path.join(modCache, extractedPath(module.path, module.version)),
                expected: verdict.expected,
                actual: verdict.actual,
              },
            ]
          : [],
      ),
    };
  }

  /** Starts a round in the background unless one runs. */
  function proceed(modules: readonly CachedModule[], nowMs: number): Promise<void> {
    const first = last === undefined;
    if (last !== undefined) credit = Math.min(largestCreditMs, credit + Math.max(0, nowMs - last) * share);
    last = nowMs;
    const cache = realPathOf({ root, path: modCache });
    if (cache === undefined || modules.length === 0) return Promise.resolve();
    // Each short-lived check begins elsewhere, so that large projects are seen whole in a few of them.
    cursor ??= Math.floor(nowMs / 1000) % modules.length;
    working ??= work(cache, modules, first ? firstModules : 0).finally(() => {
      working = undefined;
    });
    return working;
  }

  return {
    async ask(modules, nowMs) {
      const first = last === undefined;
      const round = proceed(modules, nowMs);
      if (first) await round;
      else {
        const cache = realPathOf({ root, path: modCache });
        if (cache !== undefined) await lookAtEdited(cache, modules);
      }
      return summary(modules);
    },
    pulse(modules, nowMs) {
      void proceed(modules, nowMs);
      return verdictMark(summary(modules));
    },
  };
}
