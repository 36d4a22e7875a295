/**
 * A rollback (of names, of a directory, of an SDK that is gone, of a build cache) and what is done with a build cache's generations are whole or not there: killed before each call by which
 * they change the disk, and with each of them refused once. strace says which calls there are, and does both. Of the generations but the swap, which have hundreds of
 * calls that are alike, a few of each kind of call are tried; all of them with GODRIFT_TEST_FAULTS=whole.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { build } from 'esbuild';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventOf, journalDirectory, readJournal, verifyJournal } from '../../src/store/journal.ts';
import { eventually, patienceMs } from '../lab/eventually.ts';
import { onPath, scratch } from '../lab/toolchains.ts';
import { type Kind, kinds, type Place, placeFor, seenIn } from './rollback-kinds.ts';

const strace = await onPath('strace');
const traceable =
  strace !== undefined &&
  (await execa(strace, ['-qq', '-o', '/dev/null', 'true'], { reject: false })).exitCode === 0;
if (!traceable) console.error('SKIPPED: faults of a rollback need strace and ptrace');

/** Every call by which something changes on a disk, or is made to last. */
const calls = [
  'open,openat',
  'write,pwrite64,writev,pwritev',
  'fsync,fdatasync',
  'rename,renameat,renameat2',
  'link,linkat',
  'symlink,symlinkat',
  'unlink,unlinkat',
  'mkdir,mkdirat',
  'rmdir',
  'fchmod,chmod',
  'ftruncate',
] as const;

let writer = '';
beforeAll(async () => {
  writer = join(scratch('rollback-writer'), 'writer.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'rollback-writer.ts')],
    outfile: writer,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    logLevel: 'warning',
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
});

/** Runs the writer under strace; the trace where one is asked for. */
async function run(
  { name }: Kind,
  { home, state }: Place,
  how: readonly string[],
  what: 'change' | 'recover' = 'change',
) {
  const trace = join(home, '..', 'trace');
  const command = how.length === 0 ? [] : [strace as string, '-f', '-qq', '-o', trace, ...how];
  const [program, ...args] = [...command, process.execPath, writer, home, state, what, name];
  const { exitCode, stdout, stderr } = await execa(program as string, args, {
    // One thread of the pool: the calls come in one order.
    env: { UV_THREADPOOL_SIZE: '1' },
    reject: false,
    timeout: patienceMs,
  });
  return { exitCode, stdout, stderr, trace: how.length === 0 ? '' : readFileSync(trace, 'utf8') };
}

/** Whether a traced call changes the disk: an opening does where it may make a file; of writing, most are wake-up calls of the runtime. */
function changesDisk(group: string, line: string, top: string): boolean {
  if (group.startsWith('open')) return line.includes('O_CREAT');
  return !group.startsWith('write') || line.includes(top);
}

const isWhole = process.env['GODRIFT_TEST_FAULTS'] === 'whole';
/** So many points of each group are tried: the first and the last. */
const few = 2;
function sampled({ name }: Kind, points: readonly number[]): readonly number[] {
  if (isWhole || !['adopt', 'new', 'collect'].includes(name) || points.length <= few) return points;
  const step = (points.length - 1) / (few - 1);
  return Array.from({ length: few }, (_, index) => points[Math.round(index * step)] as number);
}

/** At which calls of each group a change is tried: at all that change the disk. */
async function pointsOf(kind: Kind): Promise<ReadonlyMap<string, readonly number[]>> {
  // A build of somebody else on this machine, who says nothing of GOCACHE or cannot be looked into, holds an adoption or a collection up.
  const { place, trace } = await eventually(`${kind.name} without a fault`, async () => {
    const place = placeFor(kind);
    const { stdout, trace } = await run(kind, place, ['-y', '-e', `trace=${calls.join(',')}`]);
    if (stdout !== 'applied') return undefined;
    // A collection that had to leave all that there was is applied as well.
    expect(seenIn(place.home)).toEqual(kind.after);
    return { place, trace };
  });
  const lines = trace.split('\n').filter((line) => /^\d+ +\w+\(/.test(line));
  return new Map(
    calls.map((group) => {
      const names = group.split(',');
      const made = lines.filter((line) => names.includes(/^\d+ +(\w+)\(/.exec(line)?.[1] ?? ''));
      const points = made.flatMap((line, index) =>
        changesDisk(group, line, dirname(place.home)) ? [index + 1] : [],
      );
      return [group, sampled(kind, points)];
    }),
  );
}

type End = 'before' | 'after' | 'between';

/** What stands there, which must be all of it before or all of it after, or what the kind says may be between. */
function endOf({ before, after, between }: Kind, place: Place, point: string, isRefused: boolean): End {
  const found = seenIn(place.home);
  if (isDeepStrictEqual(found, after)) return 'after';
  const isBetween = between !== undefined && (isRefused || between.when === 'always') && between.is(found);
  if (isBetween && !isDeepStrictEqual(found, before)) return 'between';
  expect(found, point).toEqual(before);
  return 'before';
}

/** After a start without faults: whole, nothing beside, a journal that says of each intent how it ended, and a chain that verifies. */
async function expectWhole(kind: Kind, place: Place, point: string, isRefused: boolean): Promise<End> {
  const again = await run(kind, place, [], 'recover');
  expect(again.exitCode, `${point}: the next start: ${again.stderr}`).toBe(0);
  const end = endOf(kind, place, point, isRefused);
  const kept = join(place.state, 'rollbacks');
  expect(existsSync(kept) ? readdirSync(kept) : [], point).toEqual([]);
  const journal = journalDirectory(place.state);
  expect((await verifyJournal(journal)).ok, point).toBe(true);
  const told: string[] = [];
  for await (const line of readJournal(journal)) {
    const event = eventOf(line);
    if (event.type === 'intent') told.push('intent');
    if (event.type === 'outcome') told.push(event.result);
  }
  expect([0, 2], `${point}: ${told}`).toContain(told.length);
  if (told.length > 0) expect(told[0], point).toBe('intent');
  // What stands there is what the journal says: applied and told, or neither. What is removed from a cache stays removed, though that it lasts cannot be told.
  const isTold = told[1] === 'applied';
  if (isRefused && kind.name === 'cache' && !isTold && end !== 'before')
    expect(told[1], point).toBe('failed');
  else expect(isTold, `${point}: ${told} and ${end}`).toBe(end === 'after');
  return end;
}

/** Tries a change at each point of the groups, with a fault; how often each end was had. */
async function tried(kind: Kind, fault: (turn: number) => string): Promise<Readonly<Record<End, number>>> {
  const ends = { before: 0, after: 0, between: 0 };
  const started = Date.now();
  let turn = 0;
  for (const [group, points] of await pointsOf(kind)) {
    for (const when of points) {
      const how = fault(turn++);
      const place = placeFor(kind);
      await run(kind, place, ['-e', `trace=${group}`, '-e', `inject=${group}:${how}:when=${when}`]);
      ends[await expectWhole(kind, place, `${how} at ${group} ${when}`, how.startsWith('error'))]++;
    }
  }
  const { before, after, between } = ends;
  console.error(
    `${kind.name}: ${fault(0).split('=')[0]} at ${turn} calls: ${before} as before, ${after} applied, ${between} between, ${Math.round((Date.now() - started) / 1000)} s`,
  );
  return ends;
}

describe.skipIf(!traceable).each(kinds.map((kind) => [kind.name, kind] as const))(
  'a change of %s',
  (_, kind) => {
    it('is whole or not there, wherever it is killed', async () => {
      const { before, after, between } = await tried(kind, () => 'signal=SIGKILL');
      expect(before + between).toBeGreaterThan(['adopt', 'new', 'collect'].includes(kind.name) ? 5 : 20);
      expect(after).toBeGreaterThan(0);
    });

    it('is whole or not there, whichever call is refused', async () => {
      const errors = ['ENOSPC', 'EIO', 'EACCES'] as const;
      const { before, between } = await tried(kind, (turn) => `error=${errors[turn % errors.length]}`);
      expect(before + between).toBeGreaterThan(['adopt', 'new', 'collect'].includes(kind.name) ? 2 : 10);
    });
  },
);
