/**
 * Kills the built exporter at fifty points of a storm of changes, each at a write into its state directory or
 * at a request with spans. No record is lost, nothing is recorded, counted, logged or sent twice, and the
 * chain verifies.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, type FSWatcher, readdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { DriftRecord, ResolvedRecord } from '../../src/drift/events.ts';
import { spanCount } from '../../src/tell/spans/spans.ts';
import { copyToolchain } from '../lab/copied-toolchain.ts';
import { eventually, godrift, makeWorld, program, seriesOf } from '../lab/godrift.ts';
import { startReceiver } from '../lab/receiver.ts';
import { replaceFile } from '../lab/replace-file.ts';
import { startsExporters } from '../lab/running.ts';
import { ensureToolchain, scratch } from '../lab/toolchains.ts';

const go = await ensureToolchain('1.27.4');
const started = startsExporters('SIGKILL');
const kills = 50;

/** Pseudo-random numbers below `limit`, the same for a seed in each run (mulberry32). */
function seeded(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

/** The lines of the journal, in order. */
const recorded = (state: string): readonly string[] =>
  readdirSync(join(state, 'journal'))
    .sort()
    .flatMap((name) => readFileSync(join(state, 'journal', name), 'utf8').split('\n'))
    .filter(Boolean);

interface SpanJson {
  readonly traceId: string;
  readonly spanId: string;
}
interface Sent {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly SpanJson[] }[];
  }[];
}

it(`an exporter killed at ${kills} points of a storm of changes loses no record and repeats none`, async () => {
  const random = seeded(20261129);
  const top = scratch('storm');
  copyToolchain(go, join(top, 'go'));
  const world = makeWorld({ ...go, goroot: join(top, 'go') });
  const { state, workspace, home } = world;
  const log = join(home, 'events.log');
  const environ = join(home, 'environ');
  const set = (flags: string) =>
    replaceFile(environ, `PATH=${world.env['PATH']}\0HOME=${home}\0GOFLAGS=${flags}\0`);
  set('-mod=readonly');
  const config = join(home, 'godrift.yml');
  const target = { name: 'api', workspace, environment: { from: 'file', path: environ } };
  writeFileSync(config, JSON.stringify({ interval: '200ms', targets: [target] }));
  const args = ['--config.file', config, '--event-log.file', log];
  let onEvent = (_isLine: boolean) => {};
  const receiver = await startReceiver(() => {
    onEvent(false);
    return { headers: { 'Content-Type': 'application/json' }, body: '{}' };
  });
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url };
  const first = await started(world, args, { env });
  await eventually('a learned baseline', async () => (await first.metrics()).includes('kind="learned"'));
  await first.stop('SIGKILL');

  const watched = ['.', 'journal', 'cursors', `targets/${readdirSync(join(state, 'targets'))[0]}`];
  const watchers: FSWatcher[] = [dirname(log), ...watched.map((one) => join(state, one))]
    .filter((one) => existsSync(one))
    .map((one) => watch(one, () => onEvent(one.endsWith('journal'))));
  // The storm goes on whether an exporter runs or not.
  let storm = 0;
  let over = false;
  const blows = (async () => {
    for (; !over; storm++) {
      set(storm % 3 === 2 ? '-mod=readonly' : `-tags=x${storm}`);
      await delay(60);
    }
  })();
  for (let kill = 0; kill < kills; kill++) {
    const child: ChildProcess = spawn(
      process.execPath,
      [program, 'serve', '--web.listen-address', '127.0.0.1:0', ...args],
      { cwd: workspace, env: { ...world.env, ...env }, stdio: 'ignore' },
    );
    const end = once(child, 'exit');
    // Every fourth exporter is killed while it starts, the others after some journal lines.
    let lines = random(4) === 0 ? 0 : 1 + random(4);
    let left = 1 + random(lines === 0 ? 60 : 20);
    onEvent = (isLine) => {
      if (lines > 0) lines -= isLine ? 1 : 0;
      else left--;
      if (left === 0) child.kill('SIGKILL');
    };
    const [, signal] = await end;
    expect(signal, `kill ${kill}`).toBe('SIGKILL');
  }
  onEvent = () => {};
  over = true;
  await blows;
  for (const one of watchers) one.close();

  set('-mod=readonly');
  const last = await started(world, args, { env });
  await eventually('all events to be logged and all spans to be sent', async () => {
    const now = await last.metrics();
    const is = (name: string, labels: Readonly<Record<string, string>> = {}) =>
      seriesOf(now, `godrift_${name}`, labels);
    const quiet = is('drift_level', { facet: 'env' }) === 0 && is('event_log_pending_events') === 0;
    return quiet && is('outbox_pending_spans') === 0;
  });
  const counted = [...(await last.metrics()).matchAll(/^godrift_changes_total\{.*facet="env".*\} (\d+)$/gm)];
  expect(await last.stop('SIGTERM')).toBe(0);
  await receiver.close();

  expect(await godrift(world, ['events', '--verify', '--witness-file', log])).toMatchObject({ exitCode: 0 });
  const lines = recorded(state);
  const records = lines.map((line) => JSON.parse(line) as { seq: number; type: string });
  expect(records.map(({ seq }) => seq)).toEqual(records.map((_, index) => index + 1));
  const digest = (line: string) => createHash('sha256').update(line).digest('hex');
  const logged = readFileSync(log, 'utf8').split('\n').filter(Boolean);
  expect(logged.map((line) => JSON.parse(line).context.journal)).toEqual(
    lines.map((line, index) => ({ sequence: index + 1, hash: digest(line) })),
  );

  const changes = records.filter(({ type }) => type === 'drift' || type === 'resolved') as unknown as (
    | DriftRecord
    | ResolvedRecord
  )[];
  expect(changes.length).toBeGreaterThan(kills / 5);
  const signatures = changes.map((one) => (one.type === 'drift' ? JSON.stringify(one.signatures) : 'none'));
  // Two equal records in a row mean that one was recorded twice; an end without an onset means that the onset
  // was lost.
  expect(signatures.filter((one, index) => one === (signatures[index - 1] ?? 'none'))).toEqual([]);
  expect(signatures.at(-1)).toBe('none');
  expect(counted.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(changes.length);
  const spans = receiver.received.flatMap((one) =>
    (one.json() as Sent).resourceSpans.flatMap(({ scopeSpans }) =>
      scopeSpans.flatMap((scope) => scope.spans),
    ),
  );
  const ids = new Set(spans.map(({ traceId, spanId }) => traceId + spanId));
  expect(ids.size).toBe(changes.reduce((sum, one) => sum + spanCount(one), 0));
  expect(new Set(spans.map((one) => JSON.stringify(one))).size).toBe(ids.size);
});
