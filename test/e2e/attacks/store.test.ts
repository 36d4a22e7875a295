/**
 * The state directory of an exporter that is stopped at the worst moment,
 * has a full disk, or is tampered with.
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, describe, expect, test } from 'vitest';
import {
  type Exporter,
  eventually,
  godrift,
  makeWorld,
  patienceMs,
  program,
  seriesOf,
  startExporter,
  type World,
} from '../../lab/godrift.ts';
import { missingMounts, mounts } from '../../lab/namespaces.ts';
import { freePorts } from '../../lab/ports.ts';
import { ensureToolchain } from '../../lab/toolchains.ts';

const go = await ensureToolchain('1.27.4');
const running: Exporter[] = [];

afterEach(async () => {
  for (const exporter of running.splice(0)) await exporter.stop();
});

async function start(world: World, args: readonly string[] = [], wrap: readonly string[] = []) {
  const exporter = await startExporter(world, ['--interval', '200ms', ...args], { wrap });
  running.push(exporter);
  return exporter;
}

/**
 * A world with a GOENV file; `tags` writes it, so that each number is a distinct
 * drift from the `GOFLAGS` without tags.
 */
function taggedWorld(): World & { tags: (number?: number) => void } {
  const world = makeWorld(go);
  const folder = join(world.home, '.config/go');
  mkdirSync(folder, { recursive: true });
  const tags = (number?: number) =>
    writeFileSync(
      join(folder, 'env'),
      `GOFLAGS=${number === undefined ? '-mod=readonly' : `-tags=x${number}`}\n`,
    );
  tags();
  return { ...world, tags };
}

/** Drifts to each number in turn, and waits until the page shows it. */
async function driftTo(
  world: ReturnType<typeof taggedWorld>,
  exporter: Exporter,
  numbers: readonly number[],
): Promise<void> {
  for (const number of numbers) {
    world.tags(number);
    await eventually(`drift ${number}`, async () =>
      (await exporter.metrics()).includes(`actual="-tags=x${number}"`),
    );
  }
}

const learned = (exporter: Exporter) =>
  eventually('a learned baseline', async () => (await exporter.metrics()).includes('kind="learned"'));

interface Line {
  readonly type: string;
  readonly time: string;
  readonly changes?: readonly { readonly actual?: string }[];
}

async function linesOf(world: World, state = world.state): Promise<readonly Line[]> {
  const { stdout } = await godrift(world, ['events', '--json'], { GODRIFT_STATE_DIRECTORY: state });
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Line]));
}

/** Returns the numbers of the drifts in the journal, in order. */
const drifts = (lines: readonly Line[]) =>
  lines.flatMap((line) =>
    (line.changes ?? []).flatMap(({ actual }) => {
      const number = /^-tags=x(\d+)$/.exec(actual ?? '')?.[1];
      return line.type === 'drift' && number !== undefined ? [Number(number)] : [];
    }),
  );

/** Reports whether a process exists (kill(2), signal 0). */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const verify = (world: World) => godrift(world, ['events', '--verify']);

describe('a concurrent reload and stop', () => {
  // `page`: a scrape between the signals, so that the second one arrives during the reload.
  test.each([
    [['SIGHUP', 'SIGTERM']],
    [['SIGHUP', 'page', 'SIGTERM']],
    [['SIGHUP', 'page', 'SIGHUP', 'SIGTERM']],
    [['SIGTERM', 'SIGHUP']],
  ] as const)('%j: once the lock is free, only the next exporter writes', async (steps) => {
    const world = taggedWorld();
    const first = await start(world);
    await learned(first);
    for (const step of steps) {
      if (step === 'page') await first.metrics();
      else process.kill(first.pid, step);
    }
    await eventually('the lock to be free', async () => !existsSync(join(world.state, 'admin.sock')));
    const second = await start(world);
    await driftTo(world, second, [1, 2, 3]);
    // Waits without a further signal, which would end a first exporter that still writes.
    await eventually('the end of the first exporter', async () => !isAlive(first.pid));
    expect(await first.stop()).toBe(0);
    await driftTo(world, second, [4]);
    expect(await second.stop()).toBe(0);
    expect(drifts(await linesOf(world))).toEqual([1, 2, 3, 4]);
    expect(await verify(world)).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^ok: /) });
  });
});

test.skipIf(missingMounts !== '')(
  `drifts that begin on a full disk are recorded once there is room, in order and with their times${missingMounts}`,
  async () => {
    if ('missing' in mounts) throw new Error(mounts.missing);
    const world = taggedWorld();
    mkdirSync(world.state, { mode: 0o700 });
    const mount = 'mount -t tmpfs -o size=256k,mode=0700 tmpfs "$GODRIFT_STATE_DIRECTORY" && exec "$@"';
    const exporter = await start(world, [], [...mounts.unshare, 'sh', '-c', mount, 'sh']);
    const state = join('/proc', String(exporter.pid), 'root', world.state);
    await learned(exporter);
    fill(join(state, 'ballast'));
    // More drifts than fit into the last page of the journal file.
    const numbers = Array.from({ length: 12 }, (_, index) => index + 1);
    await driftTo(world, exporter, numbers);
    await eventually(
      'the metric',
      async () => seriesOf(await exporter.metrics(), 'godrift_state_directory_writable') === 0,
    );
    expect(drifts(await linesOf(world, state))).not.toContain(12);
    const freed = Date.now();
    rmSync(join(state, 'ballast'));
    await eventually(
      'the metric',
      async () => seriesOf(await exporter.metrics(), 'godrift_state_directory_writable') === 1,
    );
    const lines = await linesOf(world, state);
    expect(drifts(lines)).toEqual(numbers);
    const last = lines.findLast((line) => line.type === 'drift');
    expect(Date.parse(last?.time ?? '')).toBeLessThanOrEqual(freed);
    const verdict = await godrift(world, ['events', '--verify'], { GODRIFT_STATE_DIRECTORY: state });
    expect(verdict).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^ok: /) });
  },
);

/** Appends to a file until the disk is full to the last byte. */
function fill(file: string): void {
  for (let size = 65_536; size >= 1; ) {
    try {
      writeFileSync(file, Buffer.alloc(size), { flag: 'a' });
    } catch {
      size = Math.floor(size / 2);
    }
  }
}

test('the lock of the state directory stays held if admin.sock is removed: a second exporter exits with 2', async () => {
  const world = makeWorld(go);
  const exporter = await start(world);
  rmSync(join(world.state, 'admin.sock'));
  const [port] = await freePorts(1);
  const second = await godrift(world, ['serve', '--web.listen-address', `127.0.0.1:${port}`]);
  expect(second.exitCode).toBe(2);
  expect(second.stderr.trim().split('\n').at(-1)).toMatch(
    new RegExp(
      `^godrift: cannot use state directory .*process ${exporter.pid} holds .*admin.sock was removed`,
    ),
  );
  expect(await exporter.stop()).toBe(0);
  await start(world);
});

/** A state directory with a journal of several lines, whose exporter has stopped. */
async function recorded(): Promise<{ world: ReturnType<typeof taggedWorld>; journal: string }> {
  const world = taggedWorld();
  const exporter = await start(world);
  await learned(exporter);
  await driftTo(world, exporter, [1, 2]);
  expect(await exporter.stop()).toBe(0);
  return { world, journal: join(world.state, 'journal') };
}

/** Matches exit code 2 with one line on stderr, no stdout and no stack trace. */
const oneLine = (why: RegExp) => ({
  exitCode: 2,
  stdout: '',
  stderr: expect.stringMatching(new RegExp(`^godrift: [^\\n]*${why.source}[^\\n]*\\n$`)),
});

test.each([
  ['a pipe', (file: string) => spawnSync('mkfifo', [file]), 'is no regular file'],
  ['a symlink', (file: string) => symlinkSync(`${file}.bak`, file), 'is a symbolic link'],
  ['a folder', (file: string) => mkdirSync(file), 'is (a directory|no regular file)'],
] as const)('%s in place of a journal segment is a one-line error in all commands', async (_, plant, why) => {
  const { world, journal } = await recorded();
  const last = join(journal, readdirSync(journal).sort().at(-1) as string);
  renameSync(last, `${last}.bak`);
  plant(last);
  expect(await verify(world)).toMatchObject({
    exitCode: 1,
    stdout: expect.stringMatching(new RegExp(`^broken: journal-0+1\\.jsonl:1 .*${why}\\n$`)),
    stderr: '',
  });
  expect(await godrift(world, ['events'])).toMatchObject(oneLine(new RegExp(why)));
  const [port] = await freePorts(1);
  const serve = await godrift(world, ['serve', '--web.listen-address', `127.0.0.1:${port}`]);
  expect(serve).toMatchObject(oneLine(new RegExp(why)));
  const accept = await godrift(world, ['baseline', 'accept', '--reason', 'so it is']);
  expect(accept).toMatchObject(oneLine(new RegExp(why)));
});

test.each([
  ['truncated to 0 bytes', (journal: string) => segments(journal).map((file) => truncateSync(file))],
  ['emptied of its files', (journal: string) => segments(journal).map((file) => rmSync(file))],
  ['removed', (journal: string) => rmSync(journal, { recursive: true })],
] as const)(
  'a journal that is %s is reported as broken, because other state files refer to its lines',
  async (_, meddle) => {
    const { world, journal } = await recorded();
    meddle(journal);
    const broken = { exitCode: 1, stdout: expect.stringMatching(/^broken: .*lines 1 to \d+ are missing/) };
    expect(await verify(world)).toMatchObject(broken);
    // It stays broken after the next exporter has appended lines.
    const next = await start(world);
    await driftTo(world, next, [3]);
    expect(await next.stop()).toBe(0);
    expect(await verify(world)).toMatchObject(broken);
    expect(drifts(await linesOf(world))).toContain(3);
  },
);

const segments = (journal: string) => readdirSync(journal).map((name) => join(journal, name));

test.each([
  ['cursors', 'targets/[^/]+/state\\.json'],
  ['targets', 'cursors/otlp\\.json'],
])(
  'a journal that lost its last line is reported as broken, even if %s/ is missing too',
  async (gone, knows) => {
    const { world, journal } = await recorded();
    const [file = ''] = segments(journal);
    const lines = readFileSync(file, 'utf8').split('\n');
    writeFileSync(
      file,
      lines
        .slice(0, -2)
        .map((line) => `${line}\n`)
        .join(''),
    );
    rmSync(join(world.state, gone), { recursive: true });
    expect(await verify(world)).toMatchObject({
      exitCode: 1,
      stdout: expect.stringMatching(
        new RegExp(`^broken: .* line ${lines.length - 1} is missing, which ${knows} knows\\n$`),
      ),
    });
  },
);

test('a journal folder that is a symlink or a file is neither read nor verified', async () => {
  const { world, journal } = await recorded();
  renameSync(journal, `${journal}.bak`);
  symlinkSync(`${journal}.bak`, journal);
  expect(await verify(world)).toMatchObject(oneLine(/it is a symbolic link/));
  expect(await godrift(world, ['events'])).toMatchObject(oneLine(/it is a symbolic link/));
  rmSync(journal);
  writeFileSync(journal, '');
  expect(await verify(world)).toMatchObject(oneLine(/it is no directory/));
});

/** The command prefix that runs a program as another user, if that user can read the program. */
const nobody =
  process.geteuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
const asNobody = spawnSync(nobody[0] ?? 'true', [...nobody.slice(1), process.execPath, '--check', program]);

test.skipIf(asNobody.status !== 0)(
  `an unreadable journal folder is an error and not treated as empty${asNobody.status === 0 ? '' : ' [skipped, missing: setpriv(1)]'}`,
  async () => {
    const world = makeWorld(go);
    const journal = join(world.state, 'journal');
    mkdirSync(journal, { recursive: true });
    if (nobody.length > 0) for (const one of [world.state, journal]) chownSync(one, 65534, 65534);
    chmodSync(journal, 0o000);
    for (const args of [['events', '--verify'], ['events']]) {
      const [command = '', ...rest] = [...nobody, process.execPath, program, ...args];
      const options = { cwd: '/', env: world.env, extendEnv: false, reject: false, timeout: patienceMs };
      const run = await execa(command, rest, { ...options, stripFinalNewline: false });
      expect(run).toMatchObject(oneLine(/permission denied/));
    }
  },
);
