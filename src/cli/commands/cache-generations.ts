/**
 * `godrift cache generations`: keeps a build cache as generations; GOCACHE is a symlink to the current one.
 */
import { AppError } from '../../catalog/errors.ts';
import { visible, visibleJson } from '../../catalog/visible.ts';
import type { IntentEvent, OutcomeEvent } from '../../drift/events.ts';
import { readMachine, systemClock } from '../../host/machine.ts';
import { whyNotBuildCache } from '../../observe/collectors/cache/check-build-cache.ts';
import type { GenerationStore } from '../../store/generations.ts';
import { journalDirectory } from '../../store/journal.ts';
import { isCacheIntentOpen, recordCacheLine } from '../../store/record-cache.ts';
import { planCacheRepair } from '../../undo/cache-plan.ts';
import { type Generation, usersText } from '../../undo/generations.ts';
import {
  currentGeneration,
  endInterrupted,
  type GenerationPorts,
  type GenerationResult,
} from '../generations/act.ts';
import { adopt, collect, listGenerations, makeNew, swap } from '../generations/actions.ts';
import { storeOf, whyNotOurs } from '../generations/place.ts';
import { stateDirectoryOf } from '../inspect.ts';
import { progressOn } from '../progress.ts';
import { record } from '../record.ts';
import { parseDuration } from '../settings/duration.ts';
import { colorsFor, type Terminal } from '../terminal.ts';
import { auditOf, type CacheOptions, findCacheFor } from './cache.ts';

/** The JSON document of these commands. */
interface GenerationsDocument extends Partial<GenerationResult> {
  readonly schema: 'godrift.cache-generations/1';
  readonly gocache: string;
  readonly current?: string;
  readonly generations: readonly {
    readonly name: string;
    readonly current: boolean;
    readonly made?: string;
    readonly left?: string;
    readonly users: Generation['users'];
  }[];
}

const iso = (ms: number) => new Date(ms).toISOString();

function documentOf(store: GenerationStore, result: Partial<GenerationResult>): GenerationsDocument {
  const current = currentGeneration(store);
  return {
    schema: 'godrift.cache-generations/1',
    gocache: store.place,
    ...(current === undefined ? {} : { current }),
    generations: listGenerations(store).map(({ name, isCurrent, made, left, users }) => ({
      name,
      current: isCurrent,
      ...(made === undefined ? {} : { made: iso(made) }),
      ...(left === undefined ? {} : { left: iso(left) }),
      users,
    })),
    ...result,
  };
}

/**
 * Returns since when GOCACHE no longer leads to a generation. One that never was current counts as left when
 * it was made.
 */
function leftText(made: string | undefined, left: string | undefined): string {
  if (left !== undefined && left === made) return 'GOCACHE never led to it';
  return `left ${left ?? '(not known)'}`;
}

function linesOf(terminal: Terminal, document: GenerationsDocument): string {
  const { bold, dim, green, yellow } = colorsFor(terminal);
  const { gocache, generations, result, why, kept = [], collected = [] } = document;
  const lines = [bold(visible(gocache))];
  if (generations.length === 0) lines.push('  no generations: godrift cache generations adopt');
  for (const { name, current, made, left, users } of generations) {
    const times = [
      made === undefined ? '' : `made ${made}`,
      current ? 'GOCACHE leads to it' : leftText(made, left),
      users.length === 0 ? '' : `in use: ${usersText(users)}`,
    ];
    lines.push(`  ${current ? green(name) : name}  ${dim(visible(times.filter(Boolean).join(', ')))}`);
  }
  for (const name of collected) lines.push(`  ${name} was removed`);
  for (const one of kept) lines.push(`  ${yellow(one.name)} stays: ${visible(one.why)}`);
  if (why !== undefined) lines.push(`${result === 'refused' ? yellow('refused: ') : ''}${visible(why)}`);
  return `${lines.join('\n')}\n`;
}

function print(terminal: Terminal, { json }: CacheOptions, document: GenerationsDocument): number {
  terminal.stdout.write(json ? `${visibleJson(document)}\n` : linesOf(terminal, document));
  return document.result === 'refused' ? 1 : 0;
}

async function storeFor(
  terminal: Terminal,
  workspace: string | undefined,
  options: CacheOptions,
): Promise<GenerationStore> {
  const found = await findCacheFor(terminal, workspace, options);
  if (found.place.state === 'off' || found.place.state === 'external')
    throw new AppError(
      'cannot tell where the build cache is',
      'why' in found.place ? found.place.why : `it is managed by ${found.place.program} (GOCACHEPROG)`,
      'name it with --gocache',
    );
  return storeOf(found.path);
}

/**
 * Returns the ports of a command. Journal lines go to the running exporter, or else into the journal itself.
 */
async function portsOf(terminal: Terminal, options: CacheOptions): Promise<GenerationPorts> {
  const progress = await progressOn(terminal);
  const stateDirectory = stateDirectoryOf(terminal, options);
  return {
    now: systemClock,
    progress: (done, of) => (done === of ? progress.end() : progress.show('taking over', done, of)),
    record: async (body: IntentEvent | OutcomeEvent) => {
      const call = { method: 'POST', path: '/api/v1/cache-lines', body } as const;
      await record(terminal, stateDirectory, 'write into the journal', call, (recorder) =>
        recordCacheLine(recorder, body),
      );
    },
    isOpen: (operation, directory) =>
      isCacheIntentOpen(journalDirectory(stateDirectory), operation, directory),
  };
}

/**
 * Runs `work` on a store, after completing what was interrupted. Throws AppError if the store is not this
 * user's own.
 */
async function change(
  terminal: Terminal,
  workspace: string | undefined,
  options: CacheOptions,
  work: (store: GenerationStore, ports: GenerationPorts) => Promise<GenerationResult>,
): Promise<number> {
  const store = await storeFor(terminal, workspace, options);
  const why = await whyNotOurs(store);
  if (why !== undefined)
    throw new AppError(
      `cannot work on generations of ${store.place}`,
      why,
      'run it as the owner of the cache, in a directory that nobody else may write',
    );
  const ports = await portsOf(terminal, options);
  await endInterrupted(store, ports);
  return print(terminal, options, documentOf(store, await work(store, ports)));
}

/** Prints the generations without changing anything; returns 0. */
export async function runGenerationsList(
  terminal: Terminal,
  workspace: string | undefined,
  options: CacheOptions,
): Promise<number> {
  return print(terminal, options, documentOf(await storeFor(terminal, workspace, options), {}));
}

/** Turns the cache into the first generation. Returns 0, or 1 if that was refused. */
export function runGenerationsAdopt(
  terminal: Terminal,
  workspace: string | undefined,
  options: CacheOptions,
): Promise<number> {
  return change(terminal, workspace, options, async (store, ports) => {
    const why =
      currentGeneration(store) === undefined
        ? whyNotBuildCache(store.place, store.place, readMachine().uid)
        : undefined;
    return why === undefined
      ? await adopt(store, ports)
      : { result: 'refused', why: `${store.place} ${why}` };
  });
}

/**
 * Returns the actions of the current generation that an audit finds wrong; empty if there is no current
 * generation.
 */
async function wrongActions(
  store: GenerationStore,
  terminal: Terminal,
  workspace: string | undefined,
  options: CacheOptions,
): Promise<ReadonlySet<string>> {
  if (currentGeneration(store) === undefined) return new Set();
  const audited = await auditOf(terminal, workspace, options, await progressOn(terminal));
  if (audited === undefined) return new Set();
  const steps = planCacheRepair(audited.directory, audited.content);
  return new Set(steps.flatMap((step) => (step.kind === 'drop-action' ? [step.action] : [])));
}

/** Creates a generation from the intact entries of the current one. Returns 0, or 1 if that was refused. */
export function runGenerationsNew(
  terminal: Terminal,
  workspace: string | undefined,
  options: CacheOptions,
): Promise<number> {
  return change(terminal, workspace, options, async (store, ports) =>
    makeNew(store, ports, await wrongActions(store, terminal, workspace, options)),
  );
}

/** Points GOCACHE to a generation. Returns 0, or 1 if that was refused. */
export function runGenerationsSwap(
  terminal: Terminal,
  workspace: string | undefined,
  options: CacheOptions & { readonly generation: string },
): Promise<number> {
  return change(terminal, workspace, options, async (store, ports) =>
    swap(store, ports, options.generation, await wrongActions(store, terminal, workspace, options)),
  );
}

/**
 * Removes generations that were left longer ago than `olderThan` and are not in use. Throws AppError for an
 * invalid duration.
 */
export function runGenerationsCollect(
  terminal: Terminal,
  workspace: string | undefined,
  options: CacheOptions & { readonly olderThan: string },
): Promise<number> {
  const olderThanMs = parseDuration(options.olderThan);
  if (olderThanMs === undefined)
    throw new AppError('cannot use --older-than', 'it is no duration', 'write 24h, for example');
  return change(terminal, workspace, options, (store, ports) => collect(store, ports, olderThanMs));
}
