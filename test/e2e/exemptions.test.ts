/**
 * Waivers, deployments and the whitelist as users set them: with and without a running exporter, in the
 * journal, and on /metrics.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { eventually, godrift, makeWorld, seriesOf, type World } from '../lab/godrift.ts';
import { replaceFile } from '../lab/replace-file.ts';
import { startsExporters } from '../lab/running.ts';
import { ensureToolchain } from '../lab/toolchains.ts';

const go127 = await ensureToolchain('1.27.4');
const started = startsExporters();

async function start(world: World, args: readonly string[] = [], env: Record<string, string> = {}) {
  return await started(world, ['--interval', '200ms', ...args], { env });
}

const pinned = () =>
  makeWorld(go127, { 'go.mod': 'module example.com/app\n\ngo 1.21\n', '.go-version': '1.26\n' });

async function journal(world: World, type: string) {
  const lines = (await godrift(world, ['events', '--json'])).stdout.trim().split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line)).filter((line) => line.type === type);
}

async function run(world: World, ...args: string[]): Promise<string> {
  const done = await godrift(world, args);
  expect(done.exitCode, done.stderr).toBe(0);
  return done.stdout;
}

describe('without an exporter', () => {
  it('a waived finding is shown with reason and expiry but does not fail the check, and the journal names the actor', async () => {
    const world = pinned();
    expect((await godrift(world, ['check'])).exitCode).toBe(1);
    await run(
      world,
      'waiver',
      'add',
      '--rule',
      'pin-go-version',
      '--reason',
      'until the rollout',
      '--expires',
      '7d',
    );
    const document = JSON.parse(await run(world, 'check', '--json'));
    expect(document.level).toBe('minor');
    expect(document.findings[0].waived).toMatchObject({
      reason: 'until the rollout',
      id: expect.stringMatching(/^[0-9a-f]{8}$/),
    });
    expect(await run(world, 'check')).toMatch(/waived until \d{4}-\d\d-\d\d: until the rollout \(/);
    const [listed] = JSON.parse(await run(world, 'waiver', 'list', '--json'));
    expect(listed).toMatchObject({
      rule: 'pin-go-version',
      target: 'default',
      workspace: world.workspace,
      expired: false,
    });
    await run(world, 'waiver', 'remove', listed.id);
    expect((await godrift(world, ['check'])).exitCode).toBe(1);
    expect(await journal(world, 'waiver')).toMatchObject([
      { action: 'add', rule: 'pin-go-version', reason: 'until the rollout', who: expect.any(String) },
      { action: 'remove', id: listed.id },
    ]);
    expect(await run(world, 'events', '--verify')).toContain('ok: 2 lines');
  });

  it('a waiver may name a variable without its facet, and warns if go does not know the variable', async () => {
    const world = makeWorld(go127);
    const broken = { GOFLAGS: '-mod=mend' };
    await run(world, 'waiver', 'add', '--key', 'GOFLAGS', '--reason', 'mended today', '--expires', '1d');
    expect((await godrift(world, ['check', '-q'], broken)).exitCode).toBe(0);
    const why = await godrift(world, ['why', 'GOFLAGS'], broken);
    expect(why.stdout).toMatch(
      /major {2}goflags-unknown .*\n +waived until \d{4}-\d\d-\d\d: mended today \(/,
    );
    const unknown = await godrift(world, [
      'waiver',
      'add',
      '--key',
      'env.GOFLGAS',
      '--reason',
      'x',
      '--expires',
      '1d',
    ]);
    expect(unknown.exitCode).toBe(0);
    expect(unknown.stderr).toMatch(/^godrift: go has no variable GOFLGAS: .*did you mean GOFLAGS\?.*\n$/);
  });

  it('a waiver applies to its workspace only, unless a target pattern extends it', async () => {
    const world = pinned();
    const other = { ...pinned(), state: world.state };
    const elsewhere = { ...other, env: { ...other.env, GODRIFT_STATE_DIRECTORY: world.state } };
    await run(world, 'waiver', 'add', '--reason', 'x', '--expires', '1h');
    expect((await godrift(elsewhere, ['check'])).exitCode).toBe(1);
    await run(world, 'waiver', 'add', '--target-pattern', 'def.*', '--reason', 'x', '--expires', '1h');
    expect((await godrift(elsewhere, ['check'])).exitCode).toBe(0);
  });

  it('a damaged exemptions file is reported, exempts nothing, and is moved aside by the next write', async () => {
    const world = pinned();
    await run(world, 'waiver', 'add', '--reason', 'x', '--expires', '1h');
    writeFileSync(join(world.state, 'exemptions.json'), '{"schema":1,"waivers":[{"id":"../../x"}]}');
    const checked = await godrift(world, ['check']);
    expect(checked.exitCode).toBe(1);
    expect(checked.stderr).toMatch(/exemptions\.json is damaged and exempts nothing\n$/);
    const marked = await godrift(world, ['deployment', 'mark', '--reason', 'x']);
    expect(marked.exitCode).toBe(0);
    expect(marked.stderr).toMatch(/is damaged .*, moved to .*exemptions\.json\.corrupt-\d+\n$/);
    expect(readdirSync(world.state).some((name) => name.startsWith('exemptions.json.corrupt-'))).toBe(true);
    expect((await godrift(world, ['check'])).stderr).toBe('');
  });

  it.each([
    [['waiver', 'add', '--reason', 'x', '--expires', '2020-01-01'], /expires is in the past/],
    [['waiver', 'add', '--reason', 'x', '--expires', '400d'], /more than a year/],
    [['waiver', 'add', '--reason', 'x', '--expires', 'soon'], /neither a duration nor a date/],
    [['waiver', 'add', '--reason', ' ', '--expires', '1d'], /reason is empty/],
    [['waiver', 'add', '--reason', 'x', '--expires', '1d', '--target-pattern', '(a+)+$'], /repeats a group/],
    [['waiver', 'add', '--reason', 'x', '--expires', '1d', '--facet', 'shell'], /none of toolchain/],
    [
      ['waiver', 'add', '--reason', 'x', '--expires', '1d', '--key', 'gomod'],
      /did you mean modules\.go_mod, /,
    ],
    [
      ['waiver', 'add', '--reason', 'x', '--expires', '1d', '--key', 'env.*', '--facet', 'tools'],
      /no finding of the facet tools has such a key/,
    ],
    [['waiver', 'remove', 'zzzz'], /there is no such waiver/],
    [['deployment', 'mark', '--reason', 'x', '--grace', '2h'], /between 1s and 60m/],
    [['targets'], /no exporter is running there/],
  ])('refuses %j in one line', async (args, words) => {
    const done = await godrift(pinned(), args);
    expect(done.exitCode).toBe(2);
    expect(done.stderr).toMatch(words);
    expect(done.stderr.trim().split('\n')).toHaveLength(1);
  });

  it('three waivers added concurrently are all kept, with an intact journal', async () => {
    const world = pinned();
    await Promise.all(
      ['a', 'b', 'c'].map((reason) => run(world, 'waiver', 'add', '--reason', reason, '--expires', '1h')),
    );
    expect(JSON.parse(await run(world, 'waiver', 'list', '--json'))).toHaveLength(3);
    expect(await run(world, 'events', '--verify')).toContain('ok: 3 lines');
  });

  it('an accepted baseline is recorded in the journal once, even if an exporter starts later', async () => {
    const world = makeWorld(go127);
    await run(world, 'baseline', 'accept', '--reason', 'first');
    expect(await journal(world, 'baseline')).toMatchObject([
      { kind: 'accepted', why: 'first', who: expect.any(String) },
    ]);
    const exporter = await start(world);
    await eventually('the accepted baseline', async () =>
      (await exporter.metrics()).includes('source="accepted"'),
    );
    await run(world, 'baseline', 'accept', '--reason', 'second');
    const accepted = async () =>
      (await journal(world, 'baseline')).filter((line) => line.kind === 'accepted');
    await eventually('the line of the exporter', async () => (await accepted()).length === 2);
    await exporter.stop();
    const again = await start(world);
    await eventually(
      'a pass',
      async () => (seriesOf(await again.metrics(), 'godrift_passes_total') ?? 0) > 2,
    );
    expect((await accepted()).map((line) => line.why)).toEqual(['first', 'second']);
  });
});

describe('with a running exporter', () => {
  it('waivers and deployments appear on the pages at once, and waivers disappear when removed or expired', async () => {
    const world = pinned();
    const exporter = await start(world);
    await run(world, 'waiver', 'add', '--facet', 'toolchain', '--reason', 'x', '--expires', '1h');
    const page = await exporter.metrics();
    expect(seriesOf(page, 'godrift_waiver_expiry_timestamp_seconds', { facet: 'toolchain' })).toBeGreaterThan(
      1.7e9,
    );
    expect(seriesOf(page, 'godrift_waiver_expiry_timestamp_seconds', { facet: 'env' })).toBeUndefined();
    expect(seriesOf(page, 'godrift_target_whitelisted', {})).toBe(0);
    const [target] = JSON.parse(await run(world, 'targets', '--json'));
    expect(target.findings[0]).toMatchObject({ rule: 'pin-go-version', waived: { reason: 'x' } });
    expect(await run(world, 'targets')).toMatch(/^default {2}minor {2}1 finding {2}/);
    const statusPage = async () => (await fetch(`${exporter.url}/`)).text();
    expect(await statusPage()).toMatch(/waived until <time .* by \S+: x</);
    await run(world, 'deployment', 'mark', '--reason', 'y', '--grace', '1h');
    expect(await statusPage()).toMatch(/Deployment<\/dt><dd>grace until <time/);
    const [listed] = JSON.parse(await run(world, 'waiver', 'list', '--json'));
    await run(world, 'waiver', 'remove', listed.id);
    expect(await statusPage()).not.toContain('waived until');
    expect(await exporter.metrics()).not.toContain('godrift_waiver_expiry_timestamp_seconds{');
    await run(world, 'waiver', 'add', '--key', 'toolchain.version', '--reason', 'x', '--expires', '2s');
    const shown = async () => (await exporter.metrics()).includes('godrift_waiver_expiry_timestamp_seconds{');
    expect(await shown()).toBe(true);
    await eventually('the end of the waiver', async () => !(await shown()));
  });

  it('a deployment is the cause of drifts that begin during its grace, after which a new baseline is learned', async () => {
    const world = makeWorld(go127);
    const goenv = join(world.home, '.config/go/env');
    mkdirSync(join(world.home, '.config/go'), { recursive: true });
    replaceFile(goenv, 'GOFLAGS=-trimpath\n');
    const exporter = await start(world);
    const level = async () => seriesOf(await exporter.metrics(), 'godrift_drift_level', { facet: 'env' });
    await eventually('a learned baseline', async () => (await level()) === 0);
    await run(world, 'deployment', 'mark', '--reason', 'flags', '--grace', '3s');
    expect(seriesOf(await exporter.metrics(), 'godrift_deployment_grace_seconds')).toBe(3);
    replaceFile(goenv, 'GOFLAGS=-tags=netgo\n');
    await eventually('the drift', async () => (await level()) === 2);
    const page = await exporter.metrics();
    expect(seriesOf(page, 'godrift_drift_cause', { facet: 'env', cause: 'deployment' })).toBe(1);
    await eventually('a new baseline', async () => (await level()) === 0);
    expect((await journal(world, 'drift'))[0].cause).toBe('deployment');
    expect(await journal(world, 'deployment')).toMatchObject([{ reason: 'flags', grace_seconds: 3 }]);
    expect((await journal(world, 'baseline')).map((line) => line.kind)).toEqual(['learned', 'learned']);
    // The baseline is learned only once per deployment: a later drift stays a drift, also across a restart.
    replaceFile(goenv, 'GOFLAGS=-tags=other\n');
    await eventually('the next drift', async () => (await level()) === 2);
    await exporter.stop();
    const again = await start(world);
    await eventually(
      'some passes',
      async () => (seriesOf(await again.metrics(), 'godrift_passes_total') ?? 0) > 5,
    );
    expect(seriesOf(await again.metrics(), 'godrift_drift_level', { facet: 'env' })).toBe(2);
  });

  it('the whitelist of the configuration is exported, and a pattern prone to backtracking is refused', async () => {
    const world = pinned();
    const config = join(world.home, 'godrift.yml');
    const targets = `targets:\n  - {name: ci-api-test, workspace: ${world.workspace}}\n  - {name: api, workspace: ${world.workspace}}\n`;
    writeFileSync(config, `whitelist: ["^ci-.*-test$"]\n${targets}`);
    const exporter = await start(world, ['--config.file', config]);
    const page = await exporter.metrics();
    expect(seriesOf(page, 'godrift_target_whitelisted', { target: 'ci-api-test' })).toBe(1);
    expect(seriesOf(page, 'godrift_target_whitelisted', { target: 'api' })).toBe(0);
    writeFileSync(config, `whitelist: ["(a+)+$"]\n${targets}`);
    const refused = await godrift(world, ['config', 'check', '--config.file', config]);
    expect([refused.exitCode, refused.stderr]).toEqual([
      2,
      expect.stringMatching(/whitelist\.0 repeats a group/),
    ]);
  });

  it('the admin socket answers with the status codes of the contract', async () => {
    const world = pinned();
    await start(world);
    const call = async (path: string, body: string) => {
      const { stdout } = await execa(
        'curl',
        [
          '-s',
          '-w',
          ' %{http_code}',
          '--unix-socket',
          join(world.state, 'admin.sock'),
          '-X',
          'POST',
          '-H',
          'Content-Type: application/json',
          '--data-binary',
          '@-',
          `http://godrift${path}`,
        ],
        { input: body },
      );
      return stdout;
    };
    const deployments = '/api/v1/deployments';
    expect(await call(deployments, '{"target":"default","reason":"r","grace_seconds":60}')).toMatch(
      /"graceSeconds":60.* 201$/,
    );
    expect(await call(deployments, '{"target":"default","reason":"r","grace_seconds":3601}')).toMatch(
      /grace_seconds .* 400$/s,
    );
    expect(await call(deployments, '{"reason":"r"}')).toMatch(/target is missing\n 400$/);
    expect(await call(deployments, '{"target":"default","reason":"r","x":1}')).toMatch(
      /unknown keys: x\n 400$/,
    );
    expect(await call(deployments, 'no json')).toMatch(/ 400$/);
    expect(await call(deployments, `"${'x'.repeat(70_000)}"`)).toMatch(/ 413$/);
    expect(existsSync(join(world.state, 'exemptions.json'))).toBe(true);
  });
});
