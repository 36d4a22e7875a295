/** `godrift why` as users run it, in one world with a baseline, a drift and a journal. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { beforeAll, describe, expect, it } from 'vitest';
import type { WhyDocument } from '../../src/explain/why/model.ts';
import { eventually, godrift, makeWorld, startExporter, type World } from '../lab/godrift.ts';
import { ensureToolchain } from '../lab/toolchains.ts';

const schemaOf = (name: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../../schema/${name}.schema.json`), 'utf8'));
const ajv = new Ajv2020({ allErrors: true });
addFormats.default(ajv);
ajv.addSchema(schemaOf('check'));
const validate = ajv.compile(schemaOf('why'));

let world: World;
let goenv: string;

async function why(key: string, env: Readonly<Record<string, string>> = {}): Promise<WhyDocument> {
  const run = await godrift(world, ['why', key, '--json'], env);
  expect(run.stderr).toBe('');
  const document = JSON.parse(run.stdout);
  expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
  expect(run.exitCode).toBe(0);
  return document;
}

beforeAll(async () => {
  world = makeWorld(await ensureToolchain('1.27.4'), {
    'go.mod': 'module example.com/app\n\ngo 1.21\n',
    '.go-version': '1.27.4\n',
  });
  goenv = join(world.home, '.config/go/env');
  mkdirSync(join(world.home, '.config/go'), { recursive: true });
  writeFileSync(
    goenv,
    'GOFLAGS=-x\nGODEBUG=gctrace=1\nGOPROXY=https://user:secret@proxy.example\nGOFLAGS=-trimpath\n',
  );
  expect((await godrift(world, ['baseline', 'accept', '--reason', 'start'])).exitCode).toBe(0);
  // A drift, observed and journalled by an exporter.
  writeFileSync(goenv, readFileSync(goenv, 'utf8').replace('-trimpath', '-mod=mod'));
  const exporter = await startExporter(world, [world.workspace]);
  await eventually('the drift to be journalled', async () =>
    (await godrift(world, ['events', '--json'])).stdout.includes('"type":"drift"'),
  );
  await exporter.stop();
});

describe('why', () => {
  it('reports the value, its origin, all layers in order, lines without effect, and the default', async () => {
    const { key, value, origin, layers, default: usual } = await why('GOFLAGS', { GOFLAGS: '-v' });
    expect([key, value, origin]).toEqual(['env.GOFLAGS', '-v', { kind: 'process' }]);
    expect(layers.map((layer) => [layer.origin.kind, layer.origin.line, layer.value, layer.state])).toEqual([
      ['process', undefined, '-v', 'in-force'],
      ['goenv', 4, '-mod=mod', 'hidden'],
      ['default', undefined, '', 'hidden'],
      ['goenv', 1, '-x', 'passed-over'],
    ]);
    expect(usual?.value).toBe('');
  });

  it('reports baseline, history, findings, rules, and how to unset and set the value', async () => {
    const { baseline, history, findings, rules, unset, set } = await why('env.GOFLAGS');
    expect(baseline).toMatchObject({ value: '-trimpath' });
    expect(history).toMatchObject([
      { event: 'baseline', note: expect.stringContaining('start') },
      { event: 'drift', expected: '-trimpath', actual: '-mod=mod', level: 'minor' },
    ]);
    expect(findings.map(({ rule }) => rule)).toEqual(
      expect.arrayContaining(['changed', 'goflags-rewrites-gomod']),
    );
    expect(rules.map(({ rule }) => rule)).toContain('goflags-unknown');
    expect(unset).toMatchObject([
      {
        what: expect.stringContaining('remove lines 1 and 4'),
        effect: 'then no value is in force (the default)',
      },
    ]);
    expect(set.map(({ what }) => what)).toEqual(['export GOFLAGS=VALUE', 'go env -w GOFLAGS=VALUE']);
  });

  it('reports a layer with its literal value, and a note with the value that go derives from it', async () => {
    const { value, layers } = await why('GOCACHE', { GOCACHE: 'rel' });
    expect(value).toBe('off');
    expect(layers[0]).toEqual({
      origin: { kind: 'process' },
      value: 'rel',
      state: 'in-force',
      note: 'go makes off of it',
    });
  });

  it('reports a GOENV line as passed over if go reads the variable only from the process environment', async () => {
    const { value, layers } = await why('GODEBUG');
    expect(value).toBe('');
    expect(layers).toMatchObject([
      { origin: { kind: 'default' }, state: 'in-force' },
      {
        origin: { kind: 'goenv', line: 2 },
        state: 'passed-over',
        note: 'go reads it from the process environment alone',
      },
    ]);
  });

  it('shows no secret, in text or JSON', async () => {
    const { value, layers } = await why('GOPROXY');
    expect(value).toContain('proxy.example');
    expect(JSON.stringify(layers)).not.toContain('secret@');
    expect((await godrift(world, ['why', 'GOPROXY'])).stdout).not.toContain('secret@');
  });

  it('explains the toolchain with all settings that select it, lines of go.mod, and tools', async () => {
    const toolchain = await why('toolchain');
    expect([toolchain.key, toolchain.value]).toEqual(['toolchain.version', '1.27.4']);
    expect(toolchain.layers).toMatchObject([
      { origin: { kind: 'goroot' }, value: 'GOTOOLCHAIN=auto', state: 'heard' },
      { origin: { path: join(world.workspace, 'go.mod'), line: 3 }, value: 'go 1.21', state: 'heard' },
      { value: 'go1.27.4', state: 'in-force' },
    ]);
    expect(toolchain.pins.map(({ source, level }) => [source, level])).toEqual([
      ['.go-version', 'none'],
      ['go.mod', 'none'],
    ]);
    expect(await why('go_mod.go')).toMatchObject({
      value: '1.21',
      origin: { path: join(world.workspace, 'go.mod'), line: 3 },
    });
    expect(await why('gofmt')).toMatchObject({ key: 'tools.gofmt', value: '1.27.4' });
  });

  it('quotes the committed baseline for portable facets, and the baseline accepted on this host for others', async () => {
    const own = makeWorld(await ensureToolchain('1.27.4'));
    const committed = join(own.workspace, '.godrift.snapshot');
    const baselineOf = async (key: string): Promise<WhyDocument['baseline']> =>
      JSON.parse((await godrift(own, ['why', key, '--json'])).stdout).baseline;
    expect((await godrift(own, ['snapshot', '--portable', '--output', committed])).exitCode).toBe(0);
    const text = readFileSync(committed, 'utf8');
    expect(await baselineOf('gofmt')).toEqual({
      kind: 'pinned',
      source: '.godrift.snapshot',
      value: '1.27.4',
    });
    expect(await baselineOf('context.os')).toEqual({ kind: 'none' });
    writeFileSync(committed, text.replace(/^tools\.gofmt=.*\n/m, ''));
    expect(await baselineOf('gofmt')).toEqual({ kind: 'pinned', source: '.godrift.snapshot' });
    expect((await godrift(own, ['baseline', 'accept', '--reason', 'start'])).exitCode).toBe(0);
    expect(await baselineOf('gofmt')).toEqual({ kind: 'pinned', source: '.godrift.snapshot' });
    expect(await baselineOf('context.os')).toEqual({ kind: 'pinned', source: 'accepted', value: 'linux' });
  });

  it('prints value, origin, layers and history as text', async () => {
    const { stdout } = await godrift(world, ['why', 'GOFLAGS']);
    expect(stdout).toContain(`env.GOFLAGS = -mod=mod  (${goenv}:4)`);
    expect(stdout).toMatch(/→ {2}\S+env:4 {2,}-mod=mod/);
    expect(stdout).toMatch(/drift {2,}-trimpath → -mod=mod {2}minor {2}trace [0-9a-f]{8}/);
  });

  it('explains entries that are absent here, the main module, and variables that go computes', async () => {
    expect((await why('modules.vendor')).because).toContain('vendor');
    const main = await why('example.com/app');
    expect([main.because, main.origin?.line]).toEqual([expect.stringContaining('main module'), 1]);
    expect((await why('GOGCCFLAGS')).because).toContain('no setting');
    expect((await why('go_work.go')).default?.from).toContain('1.18');
    expect((await why('go_mod.go')).default?.from).toContain('1.16');
  });

  it('--target uses the environment of that target, or prints why it cannot', async () => {
    const own = makeWorld(await ensureToolchain('1.27.4'));
    const published = join(own.home, 'api.env');
    const config = join(own.home, 'godrift.yml');
    const { workspace } = own;
    const variables = { HOME: own.home, PATH: own.env['PATH'], GOFLAGS: '-mod=mod' };
    writeFileSync(
      published,
      Object.entries(variables)
        .map((pair) => `${pair.join('=')}\0`)
        .join(''),
    );
    const targets = [
      { name: 'api', workspace, environment: { from: 'file', path: published } },
      { name: 'files', workspace, environment: { from: 'none' } },
      { name: 'own', workspace },
    ];
    writeFileSync(config, JSON.stringify({ targets }));
    const asked = async (name: string, ...args: string[]) =>
      await godrift(own, ['why', 'GOFLAGS', '--target', name, ...args], { GOFLAGS: '-v' });
    const documented = async (name: string): Promise<WhyDocument> => {
      const { stdout } = await asked(name, '--json');
      const document = JSON.parse(stdout);
      expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
      return document;
    };
    expect((await asked('api')).stderr).toContain('the answer is about the environment of this shell');
    const ofFile = await asked('api', '--config.file', config);
    expect([ofFile.stderr, ofFile.stdout]).toEqual([
      '',
      expect.stringMatching(/^env\.GOFLAGS = -mod=mod .*\n.*, with the environment of .*api\.env\n/),
    ]);
    const exporter = await startExporter(own, ['--config.file', config]);
    try {
      expect(await documented('api')).toMatchObject({ value: '-mod=mod', environment: 'file' });
      const { environment, layers } = await documented('files');
      expect([environment, layers.filter(({ origin }) => origin.kind === 'process')]).toEqual(['none', []]);
      expect(await documented('own')).toMatchObject({ value: '-v', environment: 'self' });
      expect((await asked('own')).stderr).toContain('the environment of own is that of the exporter itself');
      expect((await asked('nobody')).stderr).toContain('observes no target nobody');
    } finally {
      await exporter.stop();
    }
  });

  it('exits with 2 for an unknown key, suggests a similar one, and prints no escape sequences', async () => {
    const run = await godrift(world, ['why', 'GOFLGAS']);
    expect([run.exitCode, run.stdout]).toEqual([2, '']);
    expect(run.stderr).toContain('did you mean GOFLAGS?');
    expect((await godrift(world, ['why', 'no\u001b[31mthing'])).stderr).not.toContain('\u001b[31m');
  });
});
