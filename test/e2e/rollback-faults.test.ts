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
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { journalDirectory, verifyJournal } from '../../src/store/journal.ts';
import { patienceMs } from '../lab/eventually.ts';
import { faultyModule, writeProxy } from '../lab/module-proxy.ts';
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

/** Files below a folder with their bytes, links with what they lead to, the names of left-overs included. */
function seenIn(top: string, below = ''): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(join(top, below), { withFileTypes: true })) {
    const name = join(below, entry.name);
    if (name === 'cache') continue;
    if (entry.isDirectory()) Object.assign(found, seenIn(top, name), { [`${name}/`]: '' });
    else if (entry.isSymbolicLink()) found[name] = readlinkSync(join(top, name));
    else found[name] = readFileSync(join(top, name), 'utf8');
  }
  return found;
}

/** A rollback that is tried at each call: how its home drifted, and what is in it before and after. */
interface Kind {
  readonly name: string;
  /** What the writer is told. */
  readonly what: string;
  readonly drift: (home: string) => void;
  readonly before: Readonly<Record<string, string>>;
  readonly after: Readonly<Record<string, string>>;
}

const folders = { 'example.com/': '', 'example.com/b@v1.0.0/': '' };
const kinds: readonly Kind[] = [
  {
    name: 'of names',
    what: 'roll-back',
    drift: (home) => {
      for (const name of ['changed', 'added']) {
        writeFileSync(join(home, name), `drifted ${name}\n`);
        chmodSync(join(home, name), 0o600);
      }
      symlinkSync('drifted', join(home, 'link'));
    },
    before: { added: 'drifted added\n', changed: 'drifted changed\n', link: 'drifted' },
    after: { changed: 'approved\n', gone: 'approved too\n', link: 'approved' },
  },
  {
    name: 'of a directory',
    what: 'exchange',
    drift: (home) => {
      writeProxy(join(home, 'cache/download'), [faultyModule]);
      const tree = join(home, 'example.com/b@v1.0.0');
      mkdirSync(join(tree, 'x'), { recursive: true });
      writeFileSync(join(tree, 'x/b.go'), 'package evil\n');
      for (const folder of ['x', '']) chmodSync(join(tree, folder), 0o555);
    },
    before: { ...folders, 'example.com/b@v1.0.0/x/': '', 'example.com/b@v1.0.0/x/b.go': 'package evil\n' },
    after: {
      ...folders,
      'example.com/b@v1.0.0/c/': '',
      'example.com/b@v1.0.0/go.mod': 'module example.com/b\ngo 1.21\n',
      'example.com/b@v1.0.0/b.go': 'package b\n',
      'example.com/b@v1.0.0/c/c.go': 'package c\n',
    },
  },
];

function drifted({ drift }: Kind): Place {
  const top = realpathSync(scratch('rollback-faults'));
  const [home, state] = [join(top, 'home'), join(top, 'state')];
  mkdirSync(home);
  drift(home);
  return { home, state };
}

const seen = ({ home }: Place) => seenIn(home);

/** Runs the writer under strace; the trace where one is asked for. */
async function run({ home, state }: Place, how: readonly string[], what: string) {
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
async function counted(kind: Kind): Promise<ReadonlyMap<string, number>> {
  const place = drifted(kind);
  const { stdout, trace } = await run(place, ['-e', `trace=${calls.join(',')}`], kind.what);
  expect(stdout).toBe('applied');
  expect(seen(place)).toEqual(kind.after);
  const lines = trace.split('\n').filter((line) => /^\d+ +\w+\(/.test(line));
  return new Map(
    calls.map((group) => {
      const names = group.split(',');
      return [group, lines.filter((line) => names.includes(/^\d+ +(\w+)\(/.exec(line)?.[1] ?? '')).length];
    }),
  );
}

const sorted = (found: Readonly<Record<string, string>>) => Object.entries(found).sort();

/** After a start without faults: all of it before or all of it after, nothing beside, and a chain that verifies. */
async function expectWhole(
  { before, after }: Kind,
  place: Place,
  point: string,
): Promise<'before' | 'after'> {
  const again = await run(place, [], 'recover');
  expect(again.exitCode, `${point}: the next start`).toBe(0);
  const found = seen(place);
  expect([before, after], point).toContainEqual(found);
  const { state } = place;
  expect(existsSync(join(state, 'rollbacks')) ? readdirSync(join(state, 'rollbacks')) : [], point).toEqual(
    [],
  );
  expect((await verifyJournal(journalDirectory(state))).ok, point).toBe(true);
  const isAfter = JSON.stringify(sorted(found)) === JSON.stringify(sorted(after));
  const journal = journalDirectory(state);
  const lines = (existsSync(journal) ? readdirSync(journal) : []).map((name) =>
    readFileSync(join(journal, name), 'utf8'),
  );
  // What stands there is what the journal says: applied and told, or neither.
  expect(lines.join('').includes('"result":"applied"'), point).toBe(isAfter);
  return isAfter ? 'after' : 'before';
}

/** Points of a group of calls: every one, but of opening and writing, most of which belong to the runtime, those from the end. */
const points = (count: number, most = 60) =>
  Array.from({ length: Math.min(count, most) }, (_, index) => count - index).reverse();

describe.skipIf(!traceable).each(kinds)('a rollback $name', (kind) => {
  it('is whole or not there, wherever it is killed', async () => {
    const tried = { before: 0, after: 0 };
    for (const [group, count] of await counted(kind)) {
      for (const when of points(count)) {
        const place = drifted(kind);
        await run(
          place,
          ['-e', `trace=${group}`, '-e', `inject=${group}:signal=SIGKILL:when=${when}`],
          kind.what,
        );
        tried[await expectWhole(kind, place, `killed at ${group} ${when}`)]++;
      }
    }
    console.error(
      `${kind.name}: killed at ${tried.before + tried.after} calls: ${tried.before} undone, ${tried.after} applied`,
    );
    expect(tried.before).toBeGreaterThan(20);
    expect(tried.after).toBeGreaterThan(0);
  });

  it('is whole or not there, whichever call is refused', async () => {
    const errors = ['ENOSPC', 'EIO', 'EACCES'] as const;
    const tried = { before: 0, after: 0 };
    let turn = 0;
    for (const [group, count] of await counted(kind)) {
      // What the runtime itself needs (its own files, its wake-up calls) is no disk of ours: refused, it does not come to the rollback.
      if (group.startsWith('open') || group.startsWith('write')) continue;
      for (const when of points(count)) {
        const error = errors[turn++ % errors.length];
        const place = drifted(kind);
        await run(
          place,
          ['-e', `trace=${group}`, '-e', `inject=${group}:error=${error}:when=${when}`],
          kind.what,
        );
        tried[await expectWhole(kind, place, `${error} at ${group} ${when}`)]++;
      }
    }
    console.error(
      `${kind.name}: refused at ${tried.before + tried.after} calls: ${tried.before} undone, ${tried.after} applied`,
    );
    expect(tried.before).toBeGreaterThan(10);
  });
});
