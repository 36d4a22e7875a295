/**
 * The record of events as a whole, on the built program: the event log across kills and rotations, witnesses
 * of the journal, the timeline, and a renamed target.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type Exporter, eventually, godrift, makeWorld, seriesOf, type World } from '../lab/godrift.ts';
import { startsExporters } from '../lab/running.ts';
import { ensureToolchain } from '../lab/toolchains.ts';

const go = await ensureToolchain('1.27.4');
const started = startsExporters('SIGKILL');

interface Line {
  readonly seq: number;
  readonly type: string;
  readonly why?: string;
  readonly target?: string;
  prev: string;
}

function goflags(world: World, value: string): void {
  mkdirSync(join(world.home, '.config/go'), { recursive: true });
  writeFileSync(join(world.home, '.config/go/env'), `GOFLAGS=${value}\n`);
}

/** The journal numbers and digests in an event log, in the order of the file. */
function logged(file: string) {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line).context.journal as { sequence: number; hash: string });
}

const head = async (exporter: Exporter) => {
  const page = await exporter.metrics();
  const [, seq = '', hash = ''] = /^godrift_journal_head_info\{seq="(\d+)",hash="(\w+)"/m.exec(page) ?? [];
  return { seq: Number(seq), hash, page };
};

it('refuses to write an event log, a page or a report over a state file of godrift, and leaves that file unchanged', async () => {
  const world = makeWorld(go);
  const accepted = await godrift(world, ['baseline', 'accept', '--reason', 'it is meant', world.workspace]);
  expect(accepted.exitCode).toBe(0);
  const key = join(world.state, 'key');
  const before = readFileSync(key);
  for (const args of [
    ['serve', '--event-log.file', key],
    ['serve', '--textfile', key],
    ['check', '--output', key],
    ['check', '--textfile', key],
    ['check', '--write-diff', key],
    ['snapshot', '--output', key],
  ]) {
    const { exitCode, stderr, stdout } = await godrift(world, args);
    expect({ exitCode, stdout, lines: stderr.trimEnd().split('\n').length }, args.join(' ')).toEqual({
      exitCode: 2,
      stdout: '',
      lines: 1,
    });
    expect(stderr).toContain('cannot write');
    expect(readFileSync(key).equals(before)).toBe(true);
  }
});

it('says that there is no journal, because an empty answer would look as if nothing had happened', async () => {
  const world = makeWorld(go);
  for (const args of [[], ['--since', '2h'], ['--json']]) {
    const run = await godrift(world, ['events', ...args]);
    expect(run).toMatchObject({ exitCode: 0, stdout: '' });
    expect(run.stderr).toMatch(/^godrift: there is no journal in .*: godrift serve writes one; .*\n$/);
  }
});

it('logs every journal line once across kills and a rotation, and witnesses contradict a rewritten journal', async () => {
  const world = makeWorld(go);
  const log = join(world.home, 'events.log');
  const args = ['--interval', '200ms', '--event-log.file', log];
  const start = async () => {
    return await started(world, args);
  };
  goflags(world, '-mod=readonly');
  let exporter = await start();
  await eventually('a learned baseline', async () => (await exporter.metrics()).includes('kind="learned"'));
  let seen = await head(exporter);
  const heads: string[] = [];
  for (let round = 0; round < 8; round++) {
    goflags(world, `-tags=x${round}`);
    const before = seen.seq;
    seen = await eventually('a new journal line', async () => {
      const now = await head(exporter);
      return now.seq > before ? now : undefined;
    });
    heads.push(`${seen.hash}@${seen.seq}`);
    if (round === 4) renameSync(log, `${log}.1`);
    if (round % 2 === 1) continue;
    await exporter.stop('SIGKILL');
    exporter = await start();
  }
  goflags(world, '-mod=readonly');
  await eventually('all events to be logged', async () => {
    const page = await exporter.metrics();
    const done = seriesOf(page, 'godrift_drift_level', { facet: 'env' }) === 0;
    return done && seriesOf(page, 'godrift_event_log_pending_events') === 0;
  });
  expect(await exporter.stop()).toBe(0);

  const journal = join(world.state, 'journal');
  const [name = ''] = readdirSync(journal);
  const lines = readFileSync(join(journal, name), 'utf8').trimEnd().split('\n');
  const digest = (line: string) => createHash('sha256').update(line).digest('hex');
  expect([...logged(`${log}.1`), ...logged(log)]).toEqual(
    lines.map((line, index) => ({ sequence: index + 1, hash: digest(line) })),
  );
  expect(statSync(log).mode & 0o777).toBe(0o600);

  const timeline = await godrift(world, ['events', '--since', '1h', '--facet', 'env']);
  expect(timeline.stdout).toMatch(/^ONSET +TARGET +WHAT +LEVEL +CAUSE +LASTED +ENDED +TRACE/);
  expect(timeline.stdout).not.toContain('\u001b');
  expect(timeline.stdout.trimEnd().split('\n')).toHaveLength(9);

  const witnesses = heads.flatMap((one) => ['--witness', one]);
  const verify = (...more: readonly string[]) => godrift(world, ['events', '--verify', ...more]);
  expect(await verify(...witnesses)).toMatchObject({ exitCode: 0 });
  expect(await verify('--witness-file', log)).toMatchObject({ exitCode: 0 });
  // Changes a line in the middle and recomputes the chain, as a forger who knows the format would.
  let prev = '';
  const forged = lines.map((text, index) => {
    const line = JSON.parse(text) as Line;
    if (index === 3) Object.assign(line, { level: 'patch' });
    if (index > 3) line.prev = prev;
    const written = JSON.stringify(line);
    prev = digest(written);
    return written;
  });
  writeFileSync(join(journal, name), forged.map((line) => `${line}\n`).join(''));
  const contradicted = await verify(...witnesses);
  expect(contradicted).toMatchObject({ exitCode: 1 });
  expect(contradicted.stdout).toMatch(/^broken: .* line \d+ is another one than the given witness knows/);
  expect(await verify('--witness', 'nonsense')).toMatchObject({ exitCode: 2 });
});

it('ends the drift of a target that a reload renames', async () => {
  const world = makeWorld(go);
  const config = join(world.home, 'godrift.yml');
  const configure = (name: string) =>
    writeFileSync(config, `interval: 200ms\ntargets: [{ name: ${name}, workspace: ${world.workspace} }]\n`);
  configure('api');
  goflags(world, '-mod=readonly');
  const exporter = await started(world, ['--config.file', config]);
  await eventually('a learned baseline', async () => (await exporter.metrics()).includes('kind="learned"'));
  goflags(world, '-tags=x');
  await eventually('the drift', async () =>
    /godrift_drift_level\{target="api",facet="env"\} 2/.test(await exporter.metrics()),
  );
  configure('web');
  process.kill(exporter.pid, 'SIGHUP');
  const ended = await eventually('the end of the drift of api', async () => {
    const { stdout } = await godrift(world, ['events', '--json', '--target', 'api']);
    const lines = stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line);
    return lines.find(({ type }) => type === 'resolved');
  });
  expect(ended.why).toBe('the target is no longer observed: its workspace is now observed as web');
  expect((await godrift(world, ['events', '--target', 'api'])).stdout).toMatch(/env .* unobserved /);
});
