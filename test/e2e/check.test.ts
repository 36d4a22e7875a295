/** `godrift check` and related commands as users run them, on real toolchains. */

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { godrift, makeWorld, program, type World } from '../lab/godrift.ts';
import { ensureToolchain } from '../lab/toolchains.ts';

const schema = JSON.parse(readFileSync(join(import.meta.dirname, '../../schema/check.schema.json'), 'utf8'));
const ajv = new Ajv2020({ allErrors: true });
addFormats.default(ajv);
const validate = ajv.compile(schema);

async function check(world: World, env: Readonly<Record<string, string>> = {}, args: readonly string[] = []) {
  const run = await godrift(world, ['check', '--json', ...args], env);
  const document = JSON.parse(run.stdout);
  expect(validate(document), JSON.stringify(validate.errors)).toBe(true);
  return { ...run, document };
}

describe('check', async () => {
  const go126 = await ensureToolchain('1.26.0');
  const go127 = await ensureToolchain('1.27.4');

  it('finds nothing in a healthy workspace whose go line is older than the toolchain', async () => {
    const { exitCode, document } = await check(makeWorld(go127));
    expect(document.findings).toEqual([]);
    expect(document.level).toBe('none');
    expect(document.facets).toMatchObject({
      toolchain: 'ok',
      env: 'ok',
      context: 'ok',
      modules: 'ok',
    });
    expect(exitCode).toBe(0);
  });

  it('reports a broken pin with its file and line, and exits with 1', async () => {
    const world = makeWorld(go127, {
      'go.mod': 'module example.com/app\n\ngo 1.21\n',
      '.go-version': '# pinned\n1.26\n',
    });
    const { exitCode, document } = await check(world);
    expect(document.findings).toMatchObject([
      {
        kind: 'pin',
        rule: 'pin-go-version',
        level: 'minor',
        expected: '1.26',
        actual: '1.27.4',
        origin: { kind: 'file', line: 2 },
      },
    ]);
    expect(exitCode).toBe(1);
    expect((await godrift(world, ['check', '--fail-on', 'major'])).exitCode).toBe(0);
  });

  it('compares with a committed baseline; fingerprints do not depend on the home directory', async () => {
    const first = makeWorld(go126);
    mkdirSync(join(first.home, '.config/go'), { recursive: true });
    writeFileSync(join(first.home, '.config/go/env'), `GOPATH=${first.home}/gopath\n`);
    const snapshot = await godrift(first, ['snapshot', '--portable']);
    const second = makeWorld(go126);
    mkdirSync(join(second.home, '.config/go'), { recursive: true });
    writeFileSync(join(second.home, '.config/go/env'), `GOPATH=${second.home}/gopath\n`);
    const here = (await check(first)).document.fingerprint;
    expect((await check(second)).document.fingerprint).toBe(here);
    writeFileSync(join(second.workspace, '.godrift.snapshot'), snapshot.stdout);
    const same = await check(second);
    expect(same.document.baseline).toMatchObject({ kind: 'pinned', source: '.godrift.snapshot' });
    expect(same.document.findings).toEqual([]);
    const drifted = await check(second, { GOFLAGS: '-tags=netgo' });
    expect(drifted.document.findings).toMatchObject([
      {
        kind: 'drift',
        rule: 'added',
        key: 'env.GOFLAGS',
        actual: '-tags=netgo',
        origin: { kind: 'process' },
      },
    ]);
    expect(drifted.exitCode).toBe(1);
  });

  it('writes a portable baseline through a shell redirection, without drift in another clone with other tools', async () => {
    const files = {
      'go.mod':
        'module example.com/app\n\ngo 1.21\n\nrequire example.com/lib v0.0.0\n\nreplace example.com/lib => ./lib\n',
      'lib/go.mod': 'module example.com/lib\n\ngo 1.21\n',
    };
    const first = makeWorld(go126, files);
    const bin = join(first.home, 'go/bin');
    mkdirSync(bin, { recursive: true });
    await copyFile(join(go126.goroot, 'bin/gofmt'), join(bin, 'somebodys-own'));
    // The shell truncates the file before godrift starts, so a damaged file is rewritten in the same way.
    const written = await execa(
      'sh',
      ['-c', `${process.execPath} ${program} snapshot --portable > .godrift.snapshot`],
      { cwd: first.workspace, env: first.env, extendEnv: false, reject: false },
    );
    expect(written).toMatchObject({ exitCode: 0, stderr: '' });
    const text = readFileSync(join(first.workspace, '.godrift.snapshot'), 'utf8');
    expect(text).toContain('modules.example.com/lib=v0.0.0 \\=> ./lib\n');
    expect(text).not.toContain('somebodys-own');
    expect(
      (await check(first)).document.findings.filter((one: { kind: string }) => one.kind === 'drift'),
    ).toEqual([]);

    const second = makeWorld(go126, files);
    writeFileSync(join(second.workspace, '.godrift.snapshot'), text);
    expect(
      (await check(second)).document.findings.filter((one: { kind: string }) => one.kind === 'drift'),
    ).toEqual([]);
  });

  it('compares with the accepted baseline', async () => {
    const world = makeWorld(go126);
    expect((await godrift(world, ['baseline', 'show'])).exitCode).toBe(1);
    expect((await godrift(world, ['baseline', 'accept', '--reason', 'first'])).exitCode).toBe(0);
    expect((await check(world)).document.baseline).toMatchObject({ kind: 'pinned', source: 'accepted' });
    const other = { ...world, env: { ...world.env, PATH: `${join(go127.goroot, 'bin')}:/usr/bin:/bin` } };
    const { document, exitCode } = await check(other);
    expect(document.findings).toMatchObject([
      {
        kind: 'drift',
        rule: 'changed',
        key: 'toolchain.version',
        level: 'minor',
        expected: '1.26.0',
        actual: '1.27.4',
      },
    ]);
    expect(exitCode).toBe(1);
  });

  it('prints no secret of GOPROXY, GOFLAGS or GOAUTH anywhere', async () => {
    const secret = 'hunter2hunter2';
    const world = makeWorld(go127);
    const env = {
      GOPROXY: `https://bob:${secret}@proxy.example.com,direct`,
      GOFLAGS: `-ldflags=-X=main.token=${secret}`,
      GOAUTH: `/usr/bin/askpass ${secret}`,
      GOCACHEPROG: `/usr/bin/cacheprog --token ${secret}`,
    };
    for (const args of [['check'], ['check', '--json'], ['snapshot'], ['snapshot', '--json'], []]) {
      const run = await godrift(world, args, env);
      expect(run.stdout + run.stderr).not.toContain(secret);
    }
    const text = await godrift(world, ['snapshot'], env);
    expect(text.stdout).toContain('env.GOPROXY');
  });

  it('reports variables that .godrift.yml requires and that are unset, and refuses unknown keys there', async () => {
    const world = makeWorld(go127, {
      'go.mod': 'module example.com/app\n\ngo 1.21\n',
      '.godrift.yml': 'required: [GOPRIVATE]\npins: {go: "1.27"}\n',
    });
    expect((await check(world)).document.findings).toMatchObject([
      { kind: 'missing', rule: 'required-variable-missing', level: 'minor', key: 'env.GOPRIVATE' },
    ]);
    expect((await check(world, { GOPRIVATE: 'corp.example.com' })).document.findings).toEqual([]);
    writeFileSync(join(world.workspace, '.godrift.yml'), 'rollback: {mode: auto}\n');
    const refused = await godrift(world, ['check']);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toMatch(/\.godrift\.yml: the file has unknown keys: rollback/);
  });

  it('prints no colours without a terminal, and loads neither OpenTelemetry nor HTTP', async () => {
    const world = makeWorld(go127, {
      'go.mod': 'module example.com/app\n\ngo 1.21\n',
      '.go-version': '1.21\n',
    });
    const run = await godrift(world, ['check'], { CI: 'true' });
    expect(run.stdout).not.toContain('\u001b[');
    // All code that a check may load is in one file.
    const trace = await execa(process.execPath, [program, 'check'], {
      cwd: world.workspace,
      env: { ...world.env, NODE_DEBUG: 'esm' },
      extendEnv: false,
      reject: false,
      all: true,
    });
    expect(trace.all).not.toMatch(/main\.mjs|chunks\//);
    // The key of the global state of the OpenTelemetry API.
    expect(readFileSync(join(program, '../check.cjs'), 'utf8')).not.toContain('opentelemetry.js.api');
    const hook = join(world.home, 'loaded.cjs');
    writeFileSync(hook, "process.once('exit', () => console.error(process.moduleLoadList.join('\\n')));");
    const { stderr } = await execa(process.execPath, ['--require', hook, program, 'check'], {
      cwd: world.workspace,
      env: world.env,
      extendEnv: false,
      reject: false,
    });
    expect(stderr).toMatch(/^NativeModule fs$/m);
    expect(stderr).not.toMatch(/^NativeModule (http|https|http2|_http_\w+)$/m);
  });

  it.each([
    ['an unknown command', ['chek'], /cannot run chek: there is no such command/],
    ['a missing directory', ['check', 'nowhere'], /cannot look at nowhere: no such directory/],
    [
      'a file',
      ['check', './go.mod'],
      /cannot look at \.\/go\.mod: it is a file; name the directory .* such as \./,
    ],
    ['a bad level', ['check', '--fail-on', 'huge'], /Allowed choices are patch, minor, major/],
    ['a missing snapshot', ['diff', 'a', 'b'], /cannot read a: no such file/],
    ['a missing configuration', ['config', 'check', '--config.file', 'none.yml'], /none\.yml: no such file/],
  ])('refuses %s in one line and exits with 2', async (_, args, words) => {
    const run = await godrift(makeWorld(go127), args);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toMatch(words);
    expect(run.stderr.trim().split('\n')).toHaveLength(1);
    expect(run.stdout).toBe('');
  });
});

describe('check on bad input', async () => {
  const go127 = await ensureToolchain('1.27.4');

  it('reports go-missing and exits with 1 if there is no go on PATH', async () => {
    const world = makeWorld(undefined);
    const { document, exitCode } = await check({
      ...world,
      env: { ...world.env, PATH: join(world.home, 'empty') },
    });
    expect(document.findings).toMatchObject([{ rule: 'go-missing', level: 'major' }]);
    expect(exitCode).toBe(1);
  });

  it.each([
    ['is a script', '#!/bin/sh\nexec sleep 1000\n'],
    ['is garbage', '\x7fELF garbage'],
  ])('reports go-missing and never runs the go if it %s', async (_, text) => {
    const world = makeWorld(undefined);
    const bin = join(world.home, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'go'), text);
    chmodSync(join(bin, 'go'), 0o755);
    const { document } = await check({ ...world, env: { ...world.env, PATH: bin } });
    expect(document.findings).toMatchObject([{ rule: 'go-missing' }]);
    expect(document.findings[0].repair).toContain('name a go for the target');
  });

  it('reports go-missing if go on PATH is a directory', async () => {
    const world = makeWorld(undefined);
    mkdirSync(join(world.home, 'bin/go'), { recursive: true });
    const { document } = await check({ ...world, env: { ...world.env, PATH: join(world.home, 'bin') } });
    expect(document.findings).toMatchObject([{ rule: 'go-missing' }]);
  });

  it.each([
    ['that is half-written', 'module example.com/app\n\ngo 1.2'],
    ['with CRLF', 'module example.com/app\r\n\r\ngo 1.21\r\n'],
    ['with a BOM', '\ufeffmodule example.com/app\n\ngo 1.21\n'],
    ['with unknown directives', 'module example.com/app\n\ngo 1.21\n\nfancy stuff\n'],
    [
      'of 500 kB',
      `module example.com/app\n\ngo 1.21\n\n${'// comment that fills the file\n'.repeat(16_000)}`,
    ],
    ['that is empty', ''],
  ])('reads a go.mod %s', async (_, text) => {
    const { document } = await check(makeWorld(go127, { 'go.mod': text }));
    expect(document.facets.toolchain).toBe('ok');
  });

  it('refuses to read a go.mod of 5 MB, and exits with 2', async () => {
    const text = `module example.com/app\n\ngo 1.21\n\n${'// comment that fills the file\n'.repeat(170_000)}`;
    const world = makeWorld(go127, { 'go.mod': text });
    const run = await check(world);
    expect(run.document.facets.toolchain).toBe('unreadable');
    expect(run.exitCode).toBe(2);
    expect((await godrift(world, ['check'])).stdout).toContain('the go.mod is larger than 1 MiB');
  });

  it.each([
    ['with a NUL', 'GOFLAGS=-tags=a\0b\n'],
    ['without a final newline', 'GOPRIVATE=corp.example.com'],
    ['that is empty', ''],
  ])('reads a GOENV file %s', async (_, text) => {
    const world = makeWorld(go127);
    mkdirSync(join(world.home, '.config/go'), { recursive: true });
    writeFileSync(join(world.home, '.config/go/env'), text);
    expect((await check(world)).document.facets.env).toBe('ok');
  });

  it('refuses to read a GOENV file of 50 MB, and exits with 2', async () => {
    const world = makeWorld(go127);
    mkdirSync(join(world.home, '.config/go'), { recursive: true });
    writeFileSync(join(world.home, '.config/go/env'), `${'X'.repeat(1024)}\n`.repeat(50 * 1024));
    const run = await check(world);
    expect(run.document.facets.env).toBe('unreadable');
    expect(run.exitCode).toBe(2);
    expect((await godrift(world, ['check'])).stdout).toContain('the GOENV file is larger than 4 MiB');
  });

  it('does not block on a GOENV that is a FIFO', async () => {
    const world = makeWorld(go127);
    mkdirSync(join(world.home, '.config/go'), { recursive: true });
    await execa('mkfifo', [join(world.home, '.config/go/env')]);
    expect((await check(world)).document.facets.env).toBe('ok');
  });

  it('handles a variable of 90 kB with newlines, quotes and control characters', async () => {
    const world = makeWorld(go127);
    const text = `-tags=${'a"\'\n\u001b[31m'.repeat(10_000)}`;
    const run = await check(world, { GOFLAGS: text });
    expect(run.document.findings.length).toBeGreaterThan(0);
    const plain = await godrift(world, ['check'], { GOFLAGS: text });
    expect(plain.stdout).not.toContain('\u001b[31m');
    expect(run.stdout.length).toBeLessThan(100_000);
  });

  it('names the line of a damaged .godrift.snapshot and exits with 2', async () => {
    const world = makeWorld(go127, {
      'go.mod': 'module example.com/app\n',
      '.godrift.snapshot': '#SNAPSHOT v1 2026-11-22T08:15:30.123Z\nb=1\na=1\n',
    });
    const run = await godrift(world, ['check']);
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toMatch(/\.godrift\.snapshot: line 3 /);
  });
});
