/**
 * `<GOCACHE>.generations/` beside a build cache: its generations (`g1`, `g2` …), each a GOCACHE of its own, what is known of them (`store.json`), and what is
 * under way (`pending.json`). The place itself is a link to one of them. What a crash leaves is known by its name: `.g2.making` is no generation yet,
 * `.g1.leaving` none any more.
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

/** What is done with generations. */
const generationActions = ['adopt', 'new', 'swap', 'collect'] as const;
export type GenerationAction = (typeof generationActions)[number];

/** Where generations of a cache are. */
export interface GenerationStore {
  /** GOCACHE: an absolute path whose directory is real. */
  readonly place: string;
  readonly directory: string;
}

/** The store of the cache at a place (its directory a real path), whether there is one or not. */
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
  /** 16 hex digits: what is made beside other names has it in its own. */
  id: z.string().regex(/^[0-9a-f]{16}$/),
  action: z.enum(generationActions),
  /** The generation that it is about, and that which the place led to. */
  generation: z.string().regex(generationName).exactOptional(),
  from: z.string().regex(generationName).exactOptional(),
  /** Actions that an audit found wrong: they are not taken over. */
  unwanted: z.array(z.string().regex(/^[0-9a-f]{64}$/)).exactOptional(),
  pid: z.int().positive(),
  start: z.string().exactOptional(),
  /** Where that pid means something, and since when it is under way, ms since the epoch. */
  host: z.string().max(255).exactOptional(),
  boot: z.string().max(100).exactOptional(),
  pids: z.string().max(100).exactOptional(),
  begun: time.exactOptional(),
});
/** What is under way, or was interrupted. */
export type Pending = z.infer<typeof pendingSchema>;

const fileLimit = 1024 * 1024;
const knownFile = ({ directory }: GenerationStore) => path.join(directory, 'store.json');
const pendingFile = ({ directory }: GenerationStore) => path.join(directory, 'pending.json');

/** Throws AppError for what of a store is there and is not known this time: of two generations the one in use would seem to be gone. */
function refuseUnknown({ directory }: GenerationStore, left: string | undefined): void {
  if (left !== undefined) throw new AppError(`cannot work on ${directory}`, left, makeItReadable);
}

function parsed<T>(store: GenerationStore, file: string, schema: z.ZodType<T>): T | undefined {
  const { content, left } = readKept(file, { limit: fileLimit });
  refuseUnknown(store, left);
  const result = schema.safeParse(content);
  return result.success ? result.data : undefined;
}

/** What lies there; nothing where there is no store. Throws AppError where that is not known this time. */
function namesIn(store: GenerationStore): readonly string[] {
  const { names, left } = namesKept(store.directory);
  refuseUnknown(store, left);
  return names;
}

/** Why a store is left alone, in one line: what a newer version began here, or knows of it, is not this one's to end or to write over, nor what cannot be read. */
export function whyStoreLeft(store: GenerationStore): string | undefined {
  return (
    namesKept(store.directory).left ??
    readKept(pendingFile(store), { limit: fileLimit }).left ??
    readKept(knownFile(store), { limit: fileLimit }).left
  );
}

/** The names of all generations, the oldest first. Throws AppError where they are not known this time. */
export function generationNames(store: GenerationStore): readonly string[] {
  const numberOf = (name: string) => Number(generationName.exec(name)?.[1]);
  return namesIn(store)
    .filter((name) => generationName.test(name))
    .sort((a, b) => numberOf(a) - numberOf(b));
}

/** A name that no generation has or had. */
export function nextName(store: GenerationStore): string {
  const names = [...generationNames(store), ...Object.keys(timesOf(store)), 'g0'];
  return `g${Math.max(...names.map((name) => Number(name.slice(1)))) + 1}`;
}

/** Whether that is the name of a generation. */
export const isGenerationName = (name: string) => generationName.test(name);

/** Where a generation lies, and where it lies before and after it is one. */
export const generationPath = ({ directory }: GenerationStore, name: string) => path.join(directory, name);
export const makingPath = ({ directory }: GenerationStore, name: string) =>
  path.join(directory, `.${name}.making`);
export const leavingPath = ({ directory }: GenerationStore, name: string) =>
  path.join(directory, `.${name}.leaving`);

/** What was made or removed when it was interrupted: directories, and files that had not taken their names yet. */
export function unfinished(store: GenerationStore): readonly string[] {
  return namesIn(store)
    .filter((name) =>
      /^(?:\.g[1-9]\d{0,8}\.(?:making|leaving)|(?:store|pending)\.json\.\d{1,10})$/.test(name),
    )
    .map((name) => path.join(store.directory, name));
}

/** What is known of the generations; a file that is gone or damaged knows nothing, and nothing is collected by it. */
export function timesOf(store: GenerationStore): Readonly<Record<string, GenerationTimes>> {
  return parsed(store, knownFile(store), knownSchema)?.generations ?? {};
}

/** Keeps what is known of the generations that are there. Throws the system's error. */
export async function keepTimes(
  store: GenerationStore,
  times: Readonly<Record<string, GenerationTimes>>,
): Promise<void> {
  const text = JSON.stringify({ schema: 1, generations: times });
  await writeAtomic(knownFile(store), `${text}\n`, { mode: 0o644 });
}

/** What is under way or was interrupted; undefined where nothing is. */
export function pendingOf(store: GenerationStore): Pending | undefined {
  return parsed(store, pendingFile(store), pendingSchema);
}

/** Whether a file is there that says nothing of what is under way: nobody of this program wrote it, and nothing can begin beside it. */
export function isPendingDamaged(store: GenerationStore): boolean {
  return namesIn(store).includes(path.basename(pendingFile(store))) && pendingOf(store) === undefined;
}

/** What another host or container does cannot be seen: it is taken for interrupted after so long, ms. */
const unseenMs = 3_600_000;

/** Whether processes of where it was begun cannot be seen from here. */
export function isElsewhere({ host, boot, pids }: Pending): boolean {
  const here = processWorld();
  if (boot === undefined || pids === undefined || here.boot === undefined) return false;
  if (boot === here.boot) return pids !== here.pids;
  // The same machine after it was started anew: nothing goes on there.
  return host !== here.host;
}

/** Whether who began it still runs, as far as that can be told; `now` in ms since the epoch. */
export function isUnderWay(pending: Pending, now: number): boolean {
  const { pid, start, begun, boot } = pending;
  if (isElsewhere(pending)) return begun === undefined || Math.abs(now - begun) < unseenMs;
  if (boot !== undefined && boot !== processWorld().boot) return false;
  const started = processStart(pid);
  return started !== undefined && (start === undefined || started === start);
}

/** Makes the directory of a store, unless it is there, and locks it. Throws the system's error. */
export async function lockStore({ directory }: GenerationStore): Promise<InodeLock> {
  // Others who use the cache go through it: it hides nothing that the cache did not.
  await ensureDirectory(directory, 0o755);
  await syncDirectory(path.dirname(directory));
  return await acquireInodeLock(directory);
}

/** Notes what begins in a store that was locked, at a time in ms since the epoch; undefined where something else has begun already. Throws the system's error. */
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

/** Notes that it is over. */
export async function end(store: GenerationStore): Promise<void> {
  await removeFile(pendingFile(store));
  if ((await lstatOf(store.directory)) !== undefined) await syncDirectory(store.directory);
}
