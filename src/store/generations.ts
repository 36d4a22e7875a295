/**
 * `<GOCACHE>.generations/` beside a build cache: its generations (`g1`, `g2` …), each a GOCACHE of its own,
 * their times (`store.json`), and the operation in progress (`pending.json`). The original path is a symlink
 * to one of them. Leftovers of a crash are recognized by name: `.g2.making` is not a generation yet,
 * `.g1.leaving` not any more.
 */
import path from 'node:path';
import process from 'node:process';
import * as z from 'zod';
import { AppError, makeItReadable } from '../catalog/errors.ts';
import {
  createExclusive,
  ensureDirectory,
  lstatOf,
  removeFile,
  syncDirectory,
  writeAtomic,
} from '../host/atomic.ts';
import { processStart, processWorld } from '../host/cache-users.ts';
import { randomHex } from '../host/digest.ts';
import { acquireInodeLock, type InodeLock } from '../host/inode-lock.ts';
import { namesKept, readKept } from './json-file.ts';

/** Operations on generations. */
const generationActions = ['adopt', 'new', 'swap', 'collect'] as const;
export type GenerationAction = (typeof generationActions)[number];

/** The generation store of a cache. */
export interface GenerationStore {
  /** GOCACHE: an absolute path; its directory is a real path. */
  readonly place: string;
  readonly directory: string;
}

/** Returns the store of the cache at a path (whose directory is a real path), whether it exists or not. */
export function generationStore(place: string): GenerationStore {
  return { place, directory: `${place}.generations` };
}

const generationName = /^g([1-9]\d{0,8})$/;

const time = z.number().nonnegative();
const knownSchema = z.strictObject({
  schema: z.literal(1),
  generations: z.record(
    z.string().regex(generationName),
    z.strictObject({ made: time.exactOptional(), left: time.exactOptional() }),
  ),
});
/** Times of a generation, ms since the epoch. */
export type GenerationTimes = z.infer<typeof knownSchema>['generations'][string];

const pendingSchema = z.strictObject({
  schema: z.literal(1),
  /** 16 hex digits, used in the names of temporary files. */
  id: z.string().regex(/^[0-9a-f]{16}$/),
  action: z.enum(generationActions),
  /** The generation concerned, and the one that the path led to. */
  generation: z.string().regex(generationName).exactOptional(),
  from: z.string().regex(generationName).exactOptional(),
  /** Actions that an audit found wrong, and that are not carried over. */
  unwanted: z.array(z.string().regex(/^[0-9a-f]{64}$/)).exactOptional(),
  pid: z.int().positive(),
  start: z.string().exactOptional(),
  /** Where the pid is valid, and when the operation began, ms since the epoch. */
  host: z.string().max(255).exactOptional(),
  boot: z.string().max(100).exactOptional(),
  pids: z.string().max(100).exactOptional(),
  begun: time.exactOptional(),
});
/** An operation that is in progress or was interrupted. */
export type Pending = z.infer<typeof pendingSchema>;

const fileLimit = 1024 * 1024;
const knownFile = ({ directory }: GenerationStore) => path.join(directory, 'store.json');
const pendingFile = ({ directory }: GenerationStore) => path.join(directory, 'pending.json');

/** Throws AppError if a part of the store cannot be read now: the generation in use would seem to be gone. */
function refuseUnknown({ directory }: GenerationStore, left: string | undefined): void {
  if (left !== undefined) throw new AppError(`cannot work on ${directory}`, left, makeItReadable);
}

function parsed<T>(store: GenerationStore, file: string, schema: z.ZodType<T>): T | undefined {
  const { content, left } = readKept(file, { limit: fileLimit });
  refuseUnknown(store, left);
  const result = schema.safeParse(content);
  return result.success ? result.data : undefined;
}

/** Returns the names in the store; none if there is no store. Throws AppError if they cannot be read now. */
function namesIn(store: GenerationStore): readonly string[] {
  const { names, left } = namesKept(store.directory);
  refuseUnknown(store, left);
  return names;
}

/**
 * Returns why a store must be left alone, in one line: a newer version started an operation here or wrote its
 * files, or something cannot be read.
 */
export function whyStoreLeft(store: GenerationStore): string | undefined {
  return (
    namesKept(store.directory).left ??
    readKept(pendingFile(store), { limit: fileLimit }).left ??
    readKept(knownFile(store), { limit: fileLimit }).left
  );
}

/** Returns the names of all generations, oldest first. Throws AppError if they cannot be read now. */
export function generationNames(store: GenerationStore): readonly string[] {
  const numberOf = (name: string) => Number(generationName.exec(name)?.[1]);
  return namesIn(store)
    .filter((name) => generationName.test(name))
    .sort((a, b) => numberOf(a) - numberOf(b));
}

/** Returns a name that no generation has or had. */
export function nextName(store: GenerationStore): string {
  const names = [...generationNames(store), ...Object.keys(timesOf(store)), 'g0'];
  return `g${Math.max(...names.map((name) => Number(name.slice(1)))) + 1}`;
}

/** Reports whether a name is that of a generation. */
export const isGenerationName = (name: string) => generationName.test(name);

/**
 * Returns the path of a generation; `makingPath` and `leavingPath` are its paths before and after it is one.
 */
export const generationPath = ({ directory }: GenerationStore, name: string) => path.join(directory, name);
export const makingPath = ({ directory }: GenerationStore, name: string) =>
  path.join(directory, `.${name}.making`);
export const leavingPath = ({ directory }: GenerationStore, name: string) =>
  path.join(directory, `.${name}.leaving`);

/** Returns the leftovers of an interrupted operation: directories, and temporary files. */
export function unfinished(store: GenerationStore): readonly string[] {
  return namesIn(store)
    .filter((name) =>
      /^(?:\.g[1-9]\d{0,8}\.(?:making|leaving)|(?:store|pending)\.json\.\d{1,10})$/.test(name),
    )
    .map((name) => path.join(store.directory, name));
}

/**
 * Returns the times of the generations. A missing or damaged file gives none, and no generation is collected
 * then.
 */
export function timesOf(store: GenerationStore): Readonly<Record<string, GenerationTimes>> {
  return parsed(store, knownFile(store), knownSchema)?.generations ?? {};
}

/** Stores the times of the existing generations. Throws the system's error. */
export async function keepTimes(
  store: GenerationStore,
  times: Readonly<Record<string, GenerationTimes>>,
): Promise<void> {
  const text = JSON.stringify({ schema: 1, generations: times });
  await writeAtomic(knownFile(store), `${text}\n`, { mode: 0o644 });
}

/** Returns the operation in progress or interrupted; undefined if there is none. */
export function pendingOf(store: GenerationStore): Pending | undefined {
  return parsed(store, pendingFile(store), pendingSchema);
}

/**
 * Reports whether `pending.json` exists but cannot be parsed: godrift did not write it, and no operation can
 * start beside it.
 */
export function isPendingDamaged(store: GenerationStore): boolean {
  return namesIn(store).includes(path.basename(pendingFile(store))) && pendingOf(store) === undefined;
}

/**
 * Operations on another host or in another container cannot be observed: they count as interrupted after this
 * time, ms.
 */
const unseenMs = 3_600_000;

/** Reports whether the operation runs where its process cannot be seen from here. */
export function isElsewhere({ host, boot, pids }: Pending): boolean {
  const here = processWorld();
  if (boot === undefined || pids === undefined || here.boot === undefined) return false;
  if (boot === here.boot) return pids !== here.pids;
  // The same machine after a reboot: the operation has ended.
  return host !== here.host;
}

/**
 * Reports whether the process of an operation still runs, as far as that can be told; `now` in ms since the
 * epoch.
 */
export function isUnderWay(pending: Pending, now: number): boolean {
  const { pid, start, begun, boot } = pending;
  if (isElsewhere(pending)) return begun === undefined || Math.abs(now - begun) < unseenMs;
  if (boot !== undefined && boot !== processWorld().boot) return false;
  const started = processStart(pid);
  return started !== undefined && (start === undefined || started === start);
}

/** Creates the directory of a store if needed, and locks it. Throws the system's error. */
export async function lockStore({ directory }: GenerationStore): Promise<InodeLock> {
  // Other users reach the cache through it, so it must be no less accessible than the cache was.
  await ensureDirectory(directory, 0o755);
  await syncDirectory(path.dirname(directory));
  return await acquireInodeLock(directory);
}

/**
 * Records the start of an operation in a locked store, at `now` in ms since the epoch; undefined if another
 * one has started already. Throws the system's error.
 */
export async function begin(
  store: GenerationStore,
  about: Pick<Pending, 'id' | 'action' | 'generation' | 'from' | 'unwanted'>,
  now: number,
): Promise<Pending | undefined> {
  const start = processStart(process.pid);
  const pending: Pending = {
    schema: 1,
    ...about,
    pid: process.pid,
    ...(start === undefined ? {} : { start }),
    ...processWorld(),
    begun: now,
  };
  const file = pendingFile(store);
  const bytes = Buffer.from(`${JSON.stringify(pending)}\n`);
  return (await createExclusive(file, bytes, `${file}.${Number.parseInt(randomHex(4), 16)}`))
    ? pending
    : undefined;
}

/** Records the end of the operation. */
export async function end(store: GenerationStore): Promise<void> {
  await removeFile(pendingFile(store));
  if ((await lstatOf(store.directory)) !== undefined) await syncDirectory(store.directory);
}
