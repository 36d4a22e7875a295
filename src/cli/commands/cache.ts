/**
 * `godrift cache verify` and `repair`: audit and repair the build cache of a workspace, or the cache given by
 * `--gocache`.
 */

import path from 'node:path';
import { AppError } from '../../catalog/errors.ts';
import { visible, visibleJson } from '../../catalog/visible.ts';
import type { CacheContent } from '../../drift/facets/cache.ts';
import { cacheFileName } from '../../go/cache-action.ts';
import { availableCores, readMachine } from '../../host/machine.ts';
import { whyNotBuildCache } from '../../observe/collectors/cache/check-build-cache.ts';
import { type FoundCache, findCache, findNamedCache } from '../../observe/collectors/cache/location.ts';
import { readSources } from '../../observe/environment/sources.ts';
import { createWorkerPool, type WorkerPool } from '../../observe/pool/worker-pool.ts';
import { planCacheRepair, stepFile } from '../../undo/cache-plan.ts';
import type { StepOutcome } from '../../undo/cache-repair.ts';
import type { CacheStep } from '../../undo/step.ts';
import { cacheAuditNow } from '../audits.ts';
import { renderOutcomes, renderVerdict } from '../cache-text.ts';
import { type InspectOptions, stateDirectoryOf, targetOf } from '../inspect.ts';
import { type Progress, progressOn } from '../progress.ts';
import { colorsFor, type Terminal } from '../terminal.ts';

/** Options of the cache commands. */
export interface CacheOptions extends InspectOptions {
  readonly gocache?: string;
  readonly json: boolean;
}

/** The result of an audit. */
export interface Audited {
  readonly found: FoundCache;
  /** Real path of the directory. */
  readonly directory: string;
  readonly content: CacheContent;
}

/** Returns the cache given by `--gocache`, or that of the workspace. Throws AppError if there is none. */
export async function findCacheFor(
  terminal: Terminal,
  workspace: string | undefined,
  options: CacheOptions,
): Promise<FoundCache> {
  const machine = readMachine();
  if (options.gocache !== undefined)
    return findNamedCache(path.resolve(terminal.cwd, options.gocache), machine);
  const sources = await readSources(await targetOf(terminal, workspace, options), machine);
  const found = findCache(sources);
  if (found !== undefined) return found;
  throw new AppError('cannot tell where the build cache is', 'no go was found', 'name it with --gocache');
}

/**
 * Audits the whole cache. Resolves to undefined if it does not exist yet. Throws AppError if it cannot be
 * audited.
 */
export async function auditOf(
  terminal: Terminal,
  workspace: string | undefined,
  options: CacheOptions,
  progress: Progress,
): Promise<Audited | undefined> {
  const workerPool = createWorkerPool(availableCores(), 1);
  workerPool.start();
  try {
    return await auditWith(workerPool, terminal, workspace, options, progress);
  } finally {
    progress.end();
    await workerPool.stop();
  }
}

async function auditWith(
  workerPool: WorkerPool,
  terminal: Terminal,
  workspace: string | undefined,
  options: CacheOptions,
  progress: Progress,
): Promise<Audited | undefined> {
  const found = await findCacheFor(terminal, workspace, options);
  const { place, directory, builder } = found;
  const refuse = (why: string) =>
    new AppError(
      `cannot verify ${found.path}`,
      why,
      'see what go env GOCACHE says, or name one with --gocache',
    );
  if (place.state === 'absent' && options.gocache === undefined) return undefined;
  if (place.state === 'external') throw refuse(`the cache is with ${place.program} (GOCACHEPROG)`);
  if (directory === undefined) throw refuse('why' in place ? place.why : 'no such directory');
  const ask = cacheAuditNow(stateDirectoryOf(terminal, options), workerPool, progress, { all: true });
  const { content } = await ask({ place: found.path, directory, builder });
  if (content === undefined) throw refuse('it could not be audited');
  return { found, directory: directory.path, content };
}

/**
 * Returns 1 if something must be repaired, 2 if something could not be read (silence must not look like
 * health), else 0.
 */
function exitCodeOf(content: CacheContent): number {
  if (content.corruptCount + content.reboundCount + content.foreignCount > 0) return 1;
  return content.unreadable + content.oversized > 0 ? 2 : 0;
}

function nothingThere(terminal: Terminal, json: boolean, schema: string): number {
  terminal.stdout.write(
    json ? `${visibleJson({ schema, state: 'absent' })}\n` : 'there is no build cache yet\n',
  );
  return 0;
}

/** Prints to stderr what could not be read, if this decides the exit code. */
function tellUnseen(terminal: Terminal, { directory, content }: Audited): void {
  if (exitCodeOf(content) !== 2) return;
  const seen = [
    ...(content.unreadable > 0 ? [`${content.unreadable} outputs or folders cannot be read`] : []),
    ...(content.oversized > 0 ? [`${content.oversized} outputs are too large to be read`] : []),
  ];
  terminal.stderr.write(
    `godrift: cannot vouch for ${visible(directory)}: ${seen.join(', and ')}; run it as the user who builds, or run go clean -cache\n`,
  );
}

const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());

/** Returns the document of `verify --json`. */
function verdictDocument({ found, directory, content }: Audited): object {
  const { auditedAt, fullySince: _, trimmedAt, losses: __, corrupt, rebound, ...numbers } = content;
  return {
    schema: 'godrift.cache/1',
    time: iso(auditedAt),
    gocache: found.path,
    directory,
    state: found.place.state,
    sound: exitCodeOf(content) === 0,
    corrupt: corrupt.map((one) => ({ ...one, file: cacheFileName(one.output, 'd') })),
    rebound: rebound.map((one) => ({ ...one, file: cacheFileName(one.action, 'a') })),
    ...numbers,
    ...(trimmedAt === undefined ? {} : { trimmedAt: iso(trimmedAt) }),
  };
}

/** Audits a cache and prints the verdict without changing it. Returns 0, 1 or 2 (see {@link exitCodeOf}). */
export async function runCacheVerify(
  terminal: Terminal,
  workspace: string | undefined,
  options: CacheOptions,
): Promise<number> {
  const audited = await auditOf(terminal, workspace, options, await progressOn(terminal));
  if (audited === undefined) return nothingThere(terminal, options.json, 'godrift.cache/1');
  terminal.stdout.write(
    options.json
      ? `${visibleJson(verdictDocument(audited))}\n`
      : renderVerdict(audited.directory, audited.content, colorsFor(terminal)),
  );
  tellUnseen(terminal, audited);
  return exitCodeOf(audited.content);
}

/**
 * Prints what a repair would remove, and removes it with `yes`. Returns 0, or 1 if something is left to do or
 * failed.
 */
export async function runCacheRepair(
  terminal: Terminal,
  workspace: string | undefined,
  options: CacheOptions & { readonly yes: boolean },
): Promise<number> {
  const progress = await progressOn(terminal);
  const audited = await auditOf(terminal, workspace, options, progress);
  if (audited === undefined) return nothingThere(terminal, options.json, 'godrift.cache-repair/1');
  const { directory, content } = audited;
  const why = whyNotBuildCache(audited.found.path, directory, readMachine().uid);
  if (why !== undefined)
    throw new AppError(`cannot repair ${audited.found.path}`, `it ${why}`, 'name the GOCACHE itself');
  const steps = planCacheRepair(directory, content);
  const outcomes: readonly StepOutcome[] | undefined =
    options.yes && steps.length > 0
      ? await apply(terminal, options, audited.directory, steps, progress)
      : undefined;
  if (options.json) {
    terminal.stdout.write(`${visibleJson(repairDocument(audited, steps, outcomes))}\n`);
  } else {
    terminal.stdout.write(renderVerdict(directory, content, colorsFor(terminal)));
    terminal.stdout.write(renderOutcomes(directory, steps, outcomes, colorsFor(terminal)));
  }
  if (steps.length === 0) return 0;
  return outcomes === undefined || outcomes.some(({ result }) => result === 'failed') ? 1 : 0;
}

function repairDocument(
  { found, directory }: Audited,
  steps: readonly CacheStep[],
  outcomes: readonly StepOutcome[] | undefined,
): object {
  return {
    schema: 'godrift.cache-repair/1',
    gocache: found.path,
    directory,
    dry_run: outcomes === undefined,
    steps: steps.map((step, index) => {
      const outcome = outcomes?.[index];
      return {
        ...step,
        file: stepFile(step),
        ...(outcome === undefined ? {} : { result: outcome.result }),
        ...(outcome?.why === undefined ? {} : { why: outcome.why }),
      };
    }),
  };
}

/** Applies the steps of a repair. The journal code is loaded on demand, since only a repair needs it. */
async function apply(
  terminal: Terminal,
  options: CacheOptions,
  directory: string,
  steps: readonly CacheStep[],
  progress: Progress,
): Promise<readonly StepOutcome[]> {
  const { repairJournalled } = await import('../cache-journal.ts');
  return await repairJournalled(terminal, stateDirectoryOf(terminal, options), directory, steps, progress);
}
