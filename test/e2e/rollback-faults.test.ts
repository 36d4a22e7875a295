/**
 * A rollback is whole or not there: killed before each call by which it changes the disk, and with each of them refused once. strace says which calls there
 * are, and does both.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { journalDirectory, verifyJournal } from '../../src/store/journal.ts';
import { patienceMs } from '../lab/eventually.ts';
import { onPath, scratch } from '../lab/toolchains.ts';

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

interface Place {
  readonly home: string;
  readonly state: string;
}

/** A home that drifted in four ways. */
function drifted(): Place {
  const top = realpathSync(scratch('rollback-faults'));
  const [home, state] = [join(top, 'home'), join(top, 'state')];
  mkdirSync(home);
  for (const name of ['changed', 'added']) {
    writeFileSync(join(home, name), `drifted ${name}\n`);
    chmodSync(join(home, name), 0o600);
  }
  symlinkSync('drifted', join(home, 'link'));
  return { home, state };
}

/** What is there, the names of left-overs included. */
function seen({ home }: Place): Readonly<Record<string, string>> {
  return Object.fromEntries(
    readdirSync(home)
      .sort()
      .map((name) => [
        name,
        name === 'link' ? readlinkSync(join(home, name)) : readFileSync(join(home, name), 'utf8'),
      ]),
  );
}

const before = { added: 'drifted added\n', changed: 'drifted changed\n', link: 'drifted' };
const after = { changed: 'approved\n', gone: 'approved too\n', link: 'approved' };

/** Runs the writer under strace; the trace where one is asked for. */
async function run({ home, state }: Place, how: readonly string[], what = 'roll-back') {
  const trace = join(home, '..', 'trace');
  const command = how.length === 0 ? [] : [strace as string, '-f', '-qq', '-o', trace, ...how];
  const [program, ...args] = [...command, process.execPath, writer, home, state, what];
  const { exitCode, signal, stdout } = await execa(program as string, args, {
    // One thread of the pool: the calls come in one order.
    env: { UV_THREADPOOL_SIZE: '1' },
    reject: false,
    timeout: patienceMs,
  });
  return { exitCode, signal, stdout, trace: how.length === 0 ? '' : readFileSync(trace, 'utf8') };
}

/** How often each group of calls is made; opening counts where it may make a file. */
async function counted(): Promise<ReadonlyMap<string, number>> {
  const place = drifted();
  const { stdout, trace } = await run(place, ['-e', `trace=${calls.join(',')}`]);
  expect(stdout).toBe('applied');
  expect(seen(place)).toEqual(after);
  const lines = trace.split('\n').filter((line) => /^\d+ +\w+\(/.test(line));
  return new Map(
    calls.map((group) => {
      const names = group.split(',');
      return [group, lines.filter((line) => names.includes(/^\d+ +(\w+)\(/.exec(line)?.[1] ?? '')).length];
    }),
  );
}

/** After a start without faults: all of it before or all of it after, nothing beside, and a chain that verifies. */
async function expectWhole(place: Place, point: string): Promise<'before' | 'after'> {
  const again = await run(place, [], 'recover');
  expect(again.exitCode, `${point}: the next start`).toBe(0);
  const found = seen(place);
  expect([before, after], point).toContainEqual(found);
  const { state } = place;
  expect(existsSync(join(state, 'rollbacks')) ? readdirSync(join(state, 'rollbacks')) : [], point).toEqual(
    [],
  );
  expect((await verifyJournal(journalDirectory(state))).ok, point).toBe(true);
  const isAfter = JSON.stringify(found) === JSON.stringify(after);
  const journal = journalDirectory(state);
  const lines = (existsSync(journal) ? readdirSync(journal) : []).map((name) =>
    readFileSync(join(journal, name), 'utf8'),
  );
  // What stands there is what the journal says: applied and told, or neither.
  expect(lines.join('').includes('"result":"applied"'), point).toBe(isAfter);
  rmSync(join(place.home, '..'), { recursive: true, force: true });
  return isAfter ? 'after' : 'before';
}

/** Points of a group of calls: every one, but of opening and writing, most of which belong to the runtime, those from the end. */
const points = (count: number, most = 60) =>
  Array.from({ length: Math.min(count, most) }, (_, index) => count - index).reverse();

describe.skipIf(!traceable)('a rollback', () => {
  it('is whole or not there, wherever it is killed', async () => {
    const tried = { before: 0, after: 0 };
    for (const [group, count] of await counted()) {
      for (const when of points(count)) {
        const place = drifted();
        await run(place, ['-e', `trace=${group}`, '-e', `inject=${group}:signal=SIGKILL:when=${when}`]);
        tried[await expectWhole(place, `killed at ${group} ${when}`)]++;
      }
    }
    console.error(
      `killed at ${tried.before + tried.after} calls: ${tried.before} undone, ${tried.after} applied`,
    );
    expect(tried.before).toBeGreaterThan(20);
    expect(tried.after).toBeGreaterThan(0);
  });

  it('is whole or not there, whichever call is refused', async () => {
    const errors = ['ENOSPC', 'EIO', 'EACCES'] as const;
    const tried = { before: 0, after: 0 };
    let turn = 0;
    for (const [group, count] of await counted()) {
      // What the runtime itself needs (its own files, its wake-up calls) is no disk of ours: refused, it does not come to the rollback.
      if (group.startsWith('open') || group.startsWith('write')) continue;
      for (const when of points(count)) {
        const error = errors[turn++ % errors.length];
        const place = drifted();
        await run(place, ['-e', `trace=${group}`, '-e', `inject=${group}:error=${error}:when=${when}`]);
        tried[await expectWhole(place, `${error} at ${group} ${when}`)]++;
      }
    }
    console.error(
      `refused at ${tried.before + tried.after} calls: ${tried.before} undone, ${tried.after} applied`,
    );
    expect(tried.before).toBeGreaterThan(10);
  });
});
