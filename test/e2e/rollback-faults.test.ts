/**
 * Rollbacks (of names, a directory, a removed SDK, a build cache) and the operations on generations of a
 * build cache are atomic: they are killed before each system call that changes the disk, and each of these
 * calls is made to fail once. strace lists the calls and injects both faults, as far as it can tell the calls
 * apart (see pointsIn). The operations on generations other than the swap have hundreds of similar calls: a
 * few of each kind are tried, all of them with GODRIFT_TEST_FAULTS=whole.
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

/** All system calls that change a disk or make a change durable. */
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

/**
 * Runs the writer under strace and returns the trace. `how` are strace's
 * options: the traced calls and the fault.
 */
async function runTraced({ name }: Kind, { home, state }: Place, how: readonly string[]) {
  const trace = join(home, '..', 'trace');
  const options = ['-f', '-qq', '-o', trace, ...how];
  const { stdout, signal } = await execa(
    strace as string,
    [...options, process.execPath, writer, home, state, 'change', name],
    {
      // With one pool thread the order of the calls is always the same.
      env: { UV_THREADPOOL_SIZE: '1' },
      reject: false,
      timeout: patienceMs,
    },
  );
  return { stdout, isKilled: signal === 'SIGKILL', trace: readFileSync(trace, 'utf8') };
}

/**
 * Runs the recovery of the next start without faults, in a new process (`alone`) or in this one (`here`, ten
 * times as fast).
 */
async function startAgain({ name }: Kind, place: Place, where: 'alone' | 'here'): Promise<void> {
  if (where === 'here') await startOn(place, name, 'recover');
  else await execa(process.execPath, [writer, place.home, place.state, 'recover', name]);
}

/**
 * Reports whether a traced call changes the disk. An open does with O_CREAT;
 * most writes are wake-ups of the runtime.
 */
function changesDisk(group: string, line: string, top: string): boolean {
  if (group.startsWith('open')) return line.includes('O_CREAT');
  return !group.startsWith('write') || line.includes(top);
}

const isWhole = process.env['GODRIFT_TEST_FAULTS'] === 'whole';

/**
 * A system call that gets a fault. strace counts calls per thread and name (strace(1), -e inject): the fault
 * hits the first thread that makes its `when`-th call.
 */
interface Point {
  readonly call: string;
  readonly when: number;
}

/** The number of points tried in each group: the first and the last. */
const few = 2;
function sampled({ name }: Kind, points: readonly Point[]): readonly Point[] {
  if (isWhole || !['adopt', 'new', 'collect'].includes(name) || points.length <= few) return points;
  const step = (points.length - 1) / (few - 1);
  return Array.from({ length: few }, (_, index) => points[Math.round(index * step)] as Point);
}

/**
 * Returns by group the points of a trace whose call changes the disk. A kill cannot reach a call of the main
 * thread if another thread made its call with the same number earlier; an injected error reaches both.
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

/** Returns the points by group at which a change is tried: all calls that change the disk, or a sample. */
async function pointsOf(kind: Kind): Promise<ReadonlyMap<string, readonly Point[]>> {
  // A build of another user on this machine can delay an adoption or a collection,
  // if its GOCACHE is unset or unreadable.
  const { place, trace } = await eventually(`${kind.name} without a fault`, async () => {
    const place = placeFor(kind);
    const { stdout, trace } = await runTraced(kind, place, ['-y', '-e', `trace=${calls.join(',')}`]);
    if (stdout !== 'applied') return undefined;
    // A collection that could remove nothing is applied too, so the result is compared.
    expect(seenIn(place.home)).toEqual(kind.after);
    return { place, trace };
  });
  const points = [...pointsIn(trace, dirname(place.home))];
  return new Map(points.map(([group, all]) => [group, sampled(kind, all)]));
}

type End = 'before' | 'after' | 'between';

/** Reports which state the disk is in: before, after, or a state between them that the kind allows. */
function endOf({ before, after, between }: Kind, place: Place, point: string, isRefused: boolean): End {
  const found = seenIn(place.home);
  if (isDeepStrictEqual(found, after)) return 'after';
  const isBetween = between !== undefined && (isRefused || between.when === 'always') && between.is(found);
  if (isBetween && !isDeepStrictEqual(found, before)) return 'between';
  expect(found, point).toEqual(before);
  return 'before';
}

/**
 * Runs the next start without faults and expects an allowed state, no leftover files, an outcome in the
 * journal for each intent, and a hash chain that verifies.
 */
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
  // The disk agrees with the journal: changed and `applied`, or neither. Entries removed from a cache stay
  // removed even if the removal could not be made durable; the journal then says `failed`.
  const isTold = told[1] === 'applied';
  if (isRefused && kind.name === 'cache' && !isTold && end !== 'before')
    expect(told[1], point).toBe('failed');
  else expect(isTold, `${point}: ${told} and ${end}`).toBe(end === 'after');
  return end;
}

/**
 * Makes a change with a fault and returns its place; undefined if the fault never happened. The number of
 * wake-up writes of the runtime varies from run to run, so a call with one of the last numbers may not come.
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

/** Tries a change with a fault at each point; returns how often each state was the result. */
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
    it('is done completely or not at all if the process is killed at any system call', async () => {
      const { before, after, between } = await tried(kind, () => 'signal=SIGKILL');
      expect(before + between).toBeGreaterThan(
        ['adopt', 'new', 'collect'].includes(kind.name) ? 5 : (before + between + after) / 2,
      );
      expect(after).toBeGreaterThan(0);
    });

    it('is done completely or not at all if any system call fails', async () => {
      const errors = ['ENOSPC', 'EIO', 'EACCES'] as const;
      const { before, between } = await tried(kind, (turn) => `error=${errors[turn % errors.length]}`);
      expect(before + between).toBeGreaterThan(['adopt', 'new', 'collect'].includes(kind.name) ? 2 : 10);
    });
  },
);
