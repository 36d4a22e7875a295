/**
 * A rollback (of names, of a directory, of an SDK that is gone, of a build cache) and what is done with a build cache's generations are whole or not there: killed before the calls by which
 * they change the disk, and with each of them refused once. strace says which calls there are, and does both, as far as it tells them apart (pointsIn). Of the generations but the swap, which have hundreds of
 * calls that are alike, a few of each kind of call are tried; all of them with GODRIFT_TEST_FAULTS=whole.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventOf, journalDirectory, readJournal, verifyJournal } from '../../src/store/journal.ts';
import { makeCachedProgram } from '../lab/cached-program.ts';
import { eventually, patienceMs } from '../lab/eventually.ts';
import { onPath, scratch } from '../lab/toolchains.ts';
import { startOn } from './rollback-change.ts';
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
  const [kind] = kinds as readonly [Kind];
  const { home, state } = placeFor(kind);
  const entry = join(import.meta.dirname, 'rollback-writer.ts');
  writer = await makeCachedProgram(entry, scratch('rollback-writer'), [home, state, 'change', kind.name]);
});

/** Runs the writer under strace, whose options say what is traced and at which call there is a fault; with the trace. */
async function runTraced({ name }: Kind, { home, state }: Place, how: readonly string[]) {
  const trace = join(home, '..', 'trace');
  const options = ['-f', '-qq', '-o', trace, ...how];
  const { stdout, signal } = await execa(
    strace as string,
    [...options, process.execPath, writer, home, state, 'change', name],
    {
      // One thread of the pool: the calls come in one order.
      env: { UV_THREADPOOL_SIZE: '1' },
      reject: false,
      timeout: patienceMs,
    },
  );
  return { stdout, isKilled: signal === 'SIGKILL', trace: readFileSync(trace, 'utf8') };
}

/** The next start on a place, without faults: in a process of its own, or in this one, which is a tenth of the work and reads the same from the disk. */
async function startAgain({ name }: Kind, place: Place, where: 'alone' | 'here'): Promise<void> {
  if (where === 'here') await startOn(place, name, 'recover');
  else await execa(process.execPath, [writer, place.home, place.state, 'recover', name]);
}

/** Whether a traced call changes the disk: an opening does where it may make a file; of writing, most are wake-up calls of the runtime. */
function changesDisk(group: string, line: string, top: string): boolean {
  if (group.startsWith('open')) return line.includes('O_CREAT');
  return !group.startsWith('write') || line.includes(top);
}

const isWhole = process.env['GODRIFT_TEST_FAULTS'] === 'whole';

/** A call at which there is a fault. strace counts calls by thread and by name (strace(1), -e inject): the first thread that makes its `when`-th meets the fault. */
interface Point {
  readonly call: string;
  readonly when: number;
}

/** So many points of each group are tried: the first and the last. */
const few = 2;
function sampled({ name }: Kind, points: readonly Point[]): readonly Point[] {
  if (isWhole || !['adopt', 'new', 'collect'].includes(name) || points.length <= few) return points;
  const step = (points.length - 1) / (few - 1);
  return Array.from({ length: few }, (_, index) => points[Math.round(index * step)] as Point);
}

/**
 * The points of a trace at which the call that is met changes the disk, by group. A call of the main thread whose number another thread had before is not met by a kill; an error comes
 * to both.
 */
function pointsIn(trace: string, top: string): ReadonlyMap<string, readonly Point[]> {
  const points = new Map<string, Point[]>(calls.map((group) => [group, []]));
  const made = new Map<string, number>();
  const met = new Set<string>();
  const unreached: string[] = [];
  for (const line of trace.split('\n')) {
    const [, thread, call = ''] = /^(\d+) +(\w+)\(/.exec(line) ?? [];
    const group = calls.find((names) => names.split(',').includes(call));
    if (group === undefined) continue;
    const when = (made.get(`${thread} ${call}`) ?? 0) + 1;
    made.set(`${thread} ${call}`, when);
    const isFirst = !met.has(`${call} ${when}`);
    met.add(`${call} ${when}`);
    if (!changesDisk(group, line, top)) continue;
    if (isFirst) points.get(group)?.push({ call, when });
    else unreached.push(line);
  }
  const reached = [...points.values()].flat().length;
  expect(unreached.length, unreached.join('\n')).toBeLessThan(reached / 2);
  console.error(`${reached} calls can be met by a kill, ${unreached.length} cannot`);
  return points;
}

/** At which calls of each group a change is tried: at all that change the disk. */
async function pointsOf(kind: Kind): Promise<ReadonlyMap<string, readonly Point[]>> {
  // A build of somebody else on this machine, who says nothing of GOCACHE or cannot be looked into, holds an adoption or a collection up.
  const { place, trace } = await eventually(`${kind.name} without a fault`, async () => {
    const place = placeFor(kind);
    const { stdout, trace } = await runTraced(kind, place, ['-y', '-e', `trace=${calls.join(',')}`]);
    if (stdout !== 'applied') return undefined;
    // A collection that had to leave all that there was is applied as well.
    expect(seenIn(place.home)).toEqual(kind.after);
    return { place, trace };
  });
  const points = [...pointsIn(trace, dirname(place.home))];
  return new Map(points.map(([group, all]) => [group, sampled(kind, all)]));
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
async function expectWhole(
  kind: Kind,
  place: Place,
  { point, isRefused, where }: { point: string; isRefused: boolean; where: 'alone' | 'here' },
): Promise<End> {
  await expect(startAgain(kind, place, where), `${point}: the next start`).resolves.toBeUndefined();
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

/**
 * A change during which there is a fault, and where; undefined where it never came. The runtime wakes its threads with writes, a few more or fewer each
 * time: of the last ones there may be none with that number.
 */
async function changeWithFault(kind: Kind, how: string, { call, when }: Point): Promise<Place | undefined> {
  for (let turn = 0; turn < 5; turn++) {
    const place = placeFor(kind);
    const inject = `inject=${call}:${how}:when=${when}`;
    const { isKilled, trace } = await runTraced(kind, place, ['-e', `trace=${call}`, '-e', inject]);
    if (isKilled || trace.includes('(INJECTED)')) return place;
  }
  return undefined;
}

/** Tries a change at each point of the groups, with a fault; how often each end was had. */
async function tried(kind: Kind, fault: (turn: number) => string): Promise<Readonly<Record<End, number>>> {
  const ends = { before: 0, after: 0, between: 0 };
  const absent: string[] = [];
  const started = Date.now();
  let turn = 0;
  for (const points of (await pointsOf(kind)).values()) {
    for (const at of points) {
      const how = fault(turn++);
      const point = `${how} at ${at.call} ${at.when}`;
      const place = await changeWithFault(kind, how, at);
      if (place === undefined) {
        absent.push(point);
        continue;
      }
      const [isRefused, where] = [how.startsWith('error'), at === points[0] ? 'alone' : 'here'] as const;
      ends[await expectWhole(kind, place, { point, isRefused, where })]++;
    }
  }
  expect(absent.length, `did not come: ${absent}`).toBeLessThan(Math.max(2, turn / 20));
  const { before, after, between } = ends;
  console.error(
    `${kind.name}: ${fault(0).split('=')[0]} at ${turn - absent.length} of ${turn} calls: ${before} as before, ${after} applied, ${between} between, ${Math.round((Date.now() - started) / 1000)} s`,
  );
  return ends;
}

describe.skipIf(!traceable).each(kinds.map((kind) => [kind.name, kind] as const))(
  'a change of %s',
  (_, kind) => {
    it('is whole or not there, wherever it is killed', async () => {
      const { before, after, between } = await tried(kind, () => 'signal=SIGKILL');
      expect(before + between).toBeGreaterThan(
        ['adopt', 'new', 'collect'].includes(kind.name) ? 5 : (before + between + after) / 2,
      );
      expect(after).toBeGreaterThan(0);
    });

    it('is whole or not there, whichever call is refused', async () => {
      const errors = ['ENOSPC', 'EIO', 'EACCES'] as const;
      const { before, between } = await tried(kind, (turn) => `error=${errors[turn % errors.length]}`);
      expect(before + between).toBeGreaterThan(['adopt', 'new', 'collect'].includes(kind.name) ? 2 : 10);
    });
  },
);
