/** The state directory under SIGKILL, a full disk, a read-only file system, no permission, and a second process. */
import { type ChildProcessByStdio, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadTargetState, targetStateSchema } from '../../src/store/baselines.ts';
import {
  closeJournal,
  journalHead,
  openJournal,
  readJournal,
  verifyJournal,
} from '../../src/store/journal.ts';
import { openStore } from '../../src/store/open.ts';
import { openStateDirectory } from '../../src/store/state-directory.ts';
import { missingMounts, mounts } from '../lab/namespaces.ts';

let base = '';
let writer = '';

beforeAll(async () => {
  base = await mkdtemp(path.join(os.tmpdir(), 'godrift-faults-'));
  await chmod(base, 0o755); // another user runs the writer, too
  writer = path.join(base, 'writer.mjs');
  await build({
    entryPoints: [path.join(import.meta.dirname, 'state-faults-writer.ts')],
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
afterAll(() => rm(base, { recursive: true, force: true }));

type Child = ChildProcessByStdio<Writable, Readable, null>;

/** Starts a program; `line` returns its next line, undefined at the end. */
function start(
  command: string,
  args: readonly string[],
): { child: Child; line: () => Promise<string | undefined> } {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, line: async () => (await lines.next()).value };
}

const node = (mode: string, directory: string) => start(process.execPath, [writer, mode, directory]);

/** Runs the writer in a mount namespace that the shell commands `prepare` set up; `$D` is the directory. */
function inNamespace(prepare: string, mode: string, directory: string) {
  if ('missing' in mounts) throw new Error(mounts.missing);
  const script = `D="$1"; set -e; ${prepare}; exec "$2" "$3" "$4" "$D"`;
  const [command = '', ...options] = mounts.unshare;
  return start(command, [...options, 'sh', '-c', script, 'sh', directory, process.execPath, writer, mode]);
}

test('after SIGKILL at any moment the hash chain verifies, and no acknowledged line is lost', async () => {
  const directory = path.join(base, 'killed');
  const acknowledged = new Map<number, string>();
  let torn = 0;
  for (let round = 0; round < 40; round++) {
    const { child, line } = node('append', directory);
    expect(await line()).toBe('"held"'); // the lock of the killed process is taken over at once
    // Not a fixed number of lines: the kill must fall into writes, flushes and rotations.
    for (let count = 0; count < 1 + ((round * 7) % 23); count++) {
      const [seq, hash] = ((await line()) as string).split(' ');
      acknowledged.set(Number(seq), hash as string);
    }
    child.kill('SIGKILL');
    for (let rest = await line(); rest !== undefined; rest = await line()) {
      const [seq, hash] = rest.split(' ');
      if (hash?.length === 64) acknowledged.set(Number(seq), hash);
    }
    const verdict = await verifyJournal(path.join(directory, 'journal'));
    expect(verdict).toMatchObject({ ok: true });
    if (verdict.tornBytes > 0) torn++;
  }
  const found = new Map<number, string>();
  let gaps = 0;
  for await (const { seq, hash, type } of readJournal(path.join(directory, 'journal'))) {
    found.set(seq, hash);
    if (type === 'gap') gaps++;
  }
  const oldest = Math.min(...found.keys());
  const lost = [...acknowledged].filter(([seq, hash]) => seq >= oldest && found.get(seq) !== hash);
  expect(lost).toEqual([]);
  expect(acknowledged.size).toBeGreaterThan(300);
  expect(gaps).toBeGreaterThanOrEqual(torn - 1); // the gap line of the last kill is written at the next start
  // Atomically replaced files are complete.
  const state = await openStateDirectory(directory);
  expect((await loadTargetState(state, 'api', targetStateSchema, 0)).value).toMatchObject({ target: 'api' });
});

test('a torn line of a killed process is removed and recorded as a gap at the next start', async () => {
  const directory = path.join(base, 'torn');
  const { child, line } = node('append', directory);
  for (let count = 0; count < 5; count++) await line();
  child.kill('SIGKILL');
  await once(child, 'exit');
  const last = (await readdir(path.join(directory, 'journal'))).sort().at(-1) as string;
  const file = path.join(directory, 'journal', last);
  const { size } = await stat(file);
  execFileSync('truncate', ['-s', String(size - 9), file]);
  const state = await openStateDirectory(directory);
  const journal = await openJournal(state, { now: () => 0 });
  await closeJournal(journal);
  expect(await verifyJournal(journal.directory)).toMatchObject({
    ok: true,
    tornBytes: 0,
    head: journalHead(journal),
  });
  expect(await readFile(file, 'utf8')).toContain('"reason":"torn-line"');
});

test('a second process on a state directory is refused until the first has ended, even while the first is stopped', async () => {
  const directory = path.join(base, 'two');
  const first = node('append', directory);
  expect(await first.line()).toBe('"held"');
  const second = node('append', directory);
  expect(await second.line()).toBe('{"refused":"busy"}');
  first.child.kill('SIGSTOP'); // a stopped process still holds the lock
  const third = node('append', directory);
  expect(await third.line()).toBe('{"refused":"busy"}');
  first.child.kill('SIGKILL');
  await once(first.child, 'exit');
  const store = await openStore(directory, { now: () => 0 });
  if ('busy' in store) throw new Error(store.why);
  expect(store.unheld()).toBeUndefined();
  await store.close();
  expect(await verifyJournal(path.join(directory, 'journal'))).toMatchObject({ ok: true });
});

test.skipIf(missingMounts !== '')(
  `a full disk is reported and counted, damages no file, and writing continues once there is room${missingMounts}`,
  async () => {
    const directory = path.join(base, 'full');
    await mkdir(directory, { mode: 0o700 });
    const copy = path.join(base, 'full-copy');
    const ballast =
      'mount -t tmpfs -o size=256k,mode=0700 tmpfs "$D"; mkdir "$D/lost+found"; head -c 80000 /dev/zero > "$D/lost+found/ballast"; head -c 30000 /dev/zero > "$D/lost+found/room"';
    // After the writer has ended, the shell copies the journal out of the namespace.
    const script = `${ballast}; "$2" "$3" "$4" "$D"; cp -r "$D/journal" "${copy}"; exit 0; :`;
    const { child, line } = inNamespace(script, 'fill', directory);
    const full = JSON.parse((await line()) as string);
    expect(full).toMatchObject({
      failed: { ok: false, problem: 'cannot write the journal: the disk is full' },
      saved: { ok: false, problem: expect.stringContaining('the disk is full') },
      kept: { value: { target: 'api', lastChange: { at: 1 } } },
      writable: false,
    });
    expect(full.errors).toBeGreaterThanOrEqual(2);
    expect(full.head.seq).toBeGreaterThan(5);
    // Makes room from outside, through the writer's mount namespace.
    const pid = execFileSync('pgrep', ['-P', String(child.pid)], { encoding: 'utf8' }).trim();
    await rm(path.join('/proc', pid, 'root', directory, 'lost+found/ballast'));
    child.stdin.end('go\n');
    expect(JSON.parse((await line()) as string)).toMatchObject({ again: { ok: true }, writable: true });
    await once(child, 'exit');
    expect(await verifyJournal(copy)).toMatchObject({
      ok: true,
      tornBytes: 0,
      head: { seq: full.head.seq + 2 },
    });
    const last = [];
    for await (const { record } of readJournal(copy, { from: full.head.seq + 1 })) last.push(record);
    expect(last).toMatchObject([{ type: 'gap', reason: 'not-written', appends: 1 }, { type: 'alert' }]);
  },
);

const traceable = spawnSync('strace', ['-qq', '-o', '/dev/null', 'true'], { stdio: 'ignore' }).status === 0;

test.skipIf(!traceable).each([
  ['fdatasync', 3],
  ['fdatasync', 2],
  ['write', 3],
  ['fdatasync,ftruncate', 2],
  ['fsync,fdatasync', 2],
  ['write,fdatasync', 5],
] as const)(
  `EIO from %s, every %i calls: all acknowledged lines are kept, and all others are recorded as gaps${traceable ? '' : ' [skipped, missing: strace and ptrace]'}`,
  async (call, every) => {
    const directory = await mkdtemp(path.join(base, 'eio-'));
    const journal = path.join(directory, 'journal');
    const first = path.join(journal, 'journal-000000000001.jsonl');
    const inject = ['-f', '-qq', '-o', '/dev/null', '-P', first];
    const faults = ['-e', `trace=${call},ftruncate`, '-e', `inject=${call}:error=EIO:when=2+${every}`];
    const { child, line } = start('strace', [
      ...inject,
      ...faults,
      process.execPath,
      writer,
      'append-all',
      directory,
    ]);
    const acknowledged = new Map<number, string>();
    let failed = 0;
    for (let text = await line(); text !== undefined; text = await line()) {
      const { seq, hash, problem } = JSON.parse(text);
      if (problem === undefined) acknowledged.set(seq, hash);
      else {
        failed++;
        expect(problem).toBe('cannot write the journal: input/output error');
      }
    }
    if (child.exitCode === null) await once(child, 'exit');
    expect(child.exitCode).toBe(0);
    // The next start records losses that the process could not record at its end.
    const state = await openStateDirectory(directory);
    await closeJournal(await openJournal(state, { now: () => 0 }));
    expect(await verifyJournal(journal)).toMatchObject({ ok: true, tornBytes: 0 });
    const [found, events]: [Map<number, string>, unknown[]] = [new Map(), []];
    for await (const { seq, hash, record } of readJournal(journal)) {
      found.set(seq, hash);
      if (record.type === 'gap') events.push(record);
    }
    expect([...acknowledged].filter(([seq, hash]) => found.get(seq) !== hash)).toEqual([]);
    const told = events.reduce<number>(
      (sum, event) => sum + ((event as { appends?: number }).appends ?? 0),
      0,
    );
    expect(failed).toBeGreaterThan(5);
    // If ftruncate fails too, an unacknowledged line stays. If it is a gap line,
    // the next gap line repeats its losses.
    if (call.includes('ftruncate')) expect(told).toBeGreaterThanOrEqual(failed);
    else expect(told).toBe(failed);
  },
);

const nothing = {
  lock: 'unavailable',
  append: { ok: false },
  saved: { ok: false },
  cursor: { ok: false },
  persisted: false,
  writable: false,
};

test.skipIf(missingMounts !== '')(
  `on a read-only file system all operations return errors without throwing, and the journal is readable${missingMounts}`,
  async () => {
    const directory = path.join(base, 'readonly');
    const before = node('append', directory);
    for (let count = 0; count < 4; count++) await before.line();
    before.child.kill('SIGKILL');
    await once(before.child, 'exit');
    const { head } = await verifyJournal(path.join(directory, 'journal'));
    const { line } = inNamespace(
      'mount --bind "$D" "$D"; mount -o remount,bind,ro "$D"',
      'serve-once',
      directory,
    );
    const answer = JSON.parse((await line()) as string);
    expect(answer).toMatchObject({ ...nothing, head });
    expect(answer.append.problem).toContain('read-only');
    expect(answer.errors).toBeGreaterThanOrEqual(5);
  },
);

const setpriv = process.geteuid?.() === 0 && spawnSync('setpriv', ['--version']).status === 0;

test.skipIf(!setpriv)(
  `without permission all operations return errors without throwing${setpriv ? '' : ' [skipped, missing: root and setpriv(1)]'}`,
  async () => {
    const directory = path.join(base, 'denied');
    await mkdir(directory);
    await chown(directory, 65534, 65534);
    await chmod(directory, 0o500);
    const user = ['--reuid=65534', '--regid=65534', '--clear-groups'];
    const { line } = start('setpriv', [...user, process.execPath, writer, 'serve-once', directory]);
    const answer = JSON.parse((await line()) as string);
    expect(answer).toMatchObject({ ...nothing, head: { seq: 0 } });
    expect(answer.append.problem).toContain('permission denied');
  },
);
