/**
 * readBuildInfo compared with `go version -m`: binaries of every toolchain, stripped, trimmed,
 * cross-compiled, with experiments and with replaced modules; the programs of the toolchains themselves; and
 * files that are no Go binaries.
 */
import { execFile } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  promises as fs,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BuildInfo, type BuildInfoError, readBuildInfo } from '../../src/go/build-info.ts';
import { ensureToolchain, type Toolchain, testCache, toolchainVersions } from '../lab/toolchains.ts';

const run = promisify(execFile);
const newest = toolchainVersions.at(-1) ?? '';
let root = '';
let module = '';
let cache = '';

beforeAll(async () => {
  root = await fs.mkdtemp(path.join(os.tmpdir(), 'godrift-buildinfo-'));
  // Kept across runs, because compiling a standard library for each target takes seconds.
  cache = path.join(testCache(), 'go-build');
  await fs.mkdir(cache, { recursive: true });
  module = path.join(root, 'module');
  await fs.mkdir(path.join(module, 'dep'), { recursive: true });
  await fs.mkdir(path.join(root, 'telemetry'));
  await fs.writeFile(path.join(root, 'telemetry/mode'), 'off 2026-01-01');
  const goMod = [
    'module example.com/m',
    '',
    'go 1.20',
    '',
    'require example.com/dep v1.2.3',
    '',
    'replace example.com/dep => ./dep',
    '',
  ];
  await fs.writeFile(path.join(module, 'go.mod'), goMod.join('\n'));
  await fs.writeFile(path.join(module, 'dep/go.mod'), 'module example.com/dep\n\ngo 1.20\n');
  await fs.writeFile(path.join(module, 'dep/dep.go'), 'package dep\n\nvar V = "dep"\n');
  await fs.writeFile(
    path.join(module, 'main.go'),
    'package main\n\nimport "example.com/dep"\n\nvar token string\n\nfunc main() { print(dep.V, token) }\n',
  );
});
afterAll(async () => {
  await fs.rm(root, { recursive: true, force: true });
});

function environment(own: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    HOME: root,
    PATH: '/usr/bin:/bin',
    GOCACHE: cache,
    GOTOOLCHAIN: 'local',
    GOPROXY: 'off',
    GOFLAGS: '-buildvcs=false',
    CGO_ENABLED: '0',
    TEST_TELEMETRY_DIR: path.join(root, 'telemetry'),
    ...own,
  };
}

async function build(
  toolchain: Toolchain,
  name: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<string> {
  const out = path.join(root, name);
  await run(toolchain.go, ['build', '-o', out, ...args, '.'], { cwd: module, env: environment(env) });
  return out;
}

/** Reads the build information of a file and counts the bytes that were read. */
function ours(file: string): { info: BuildInfo | BuildInfoError; bytes: number } {
  const handle = openSync(file, 'r');
  let bytes = 0;
  try {
    const info = readBuildInfo((offset, length) => {
      const buffer = Buffer.alloc(length);
      const got = readSync(handle, buffer, 0, length, offset);
      bytes += got;
      return buffer.subarray(0, got);
    }, fstatSync(handle).size);
    return { info, bytes };
  } finally {
    closeSync(handle);
  }
}

/**
 * Formats build information like `go version -m`, without its first line (BuildInfo.String in runtime/debug).
 */
function render(info: BuildInfo): string[] {
  const quote = (text: string, pattern: RegExp) => (pattern.test(text) ? JSON.stringify(text) : text);
  const lines = info.path === '' ? [] : [`path\t${info.path}`];
  for (const [word, module] of [
    ...(info.main ? [['mod', info.main] as const] : []),
    ...info.deps.map((dep) => ['dep', dep] as const),
  ]) {
    if (!module.replace) lines.push(`${word}\t${module.path}\t${module.version}\t${module.sum}`);
    else
      lines.push(
        `${word}\t${module.path}\t${module.version}`,
        `=>\t${module.replace.path}\t${module.replace.version}\t${module.replace.sum}`,
      );
  }
  for (const { key, value } of info.settings)
    lines.push(`build\t${quote(key, /^$|[= \t\r\n"`]/)}=${quote(value, /[ \t\r\n"`]/)}`);
  return lines;
}

let compared = 0;
async function compare(oracle: Toolchain, file: string): Promise<BuildInfo> {
  const { stdout } = await run(oracle.go, ['version', '-m', file], { env: environment() });
  const [first = '', ...rest] = stdout.replace(/\n$/, '').split('\n');
  const { info, bytes } = ours(file);
  if ('error' in info) throw new Error(`${file}: ${info.error}, go says ${first}`);
  expect(`${file}: ${info.goVersion}`).toBe(first);
  // go prints a blank line after a replacement.
  expect(render(info)).toEqual(rest.map((line) => line.slice(1)).filter((line) => line !== ''));
  // Only formats without their own section are searched byte by byte.
  expect(bytes).toBeLessThan(2 << 20);
  compared++;
  return info;
}

describe.each(toolchainVersions)('go%s', (version) => {
  test('reads the build information of a built program and of the programs in the toolchain', async () => {
    const toolchain = await ensureToolchain(version);
    const oracle = await ensureToolchain(newest);
    const built = await compare(oracle, await build(toolchain, `plain-${version}`));
    expect(built.goVersion).toBe(`go${version}`);
    expect(built.deps[0]?.replace?.path).toBe('./dep');
    await compare(toolchain, path.join(root, `plain-${version}`));
    const tools = path.join(toolchain.goroot, 'pkg/tool/linux_amd64');
    for (const file of [
      toolchain.go,
      path.join(toolchain.goroot, 'bin/gofmt'),
      ...['compile', 'link', 'asm', 'cgo'].map((name) => path.join(tools, name)),
    ]) {
      expect((await compare(oracle, file)).goVersion).toBe(`go${version}`);
    }
  });
});

describe('build information of variants', () => {
  test.each([
    ['stripped by the linker', ['-ldflags=-s -w -X "main.token=a b"'], {}],
    ['trimmed', ['-trimpath'], {}],
    ['with tags', ['-tags=a,b', '-gcflags=all=-N -l'], {}],
    ['position independent', ['-buildmode=pie'], {}],
    ['an experiment', [], { GOEXPERIMENT: 'nogreenteagc' }],
    ['linux/386', [], { GOARCH: '386' }],
    ['linux/arm', [], { GOARCH: 'arm', GOARM: '6' }],
    ['big endian, 64 bits', [], { GOARCH: 's390x' }],
    ['big endian, 32 bits', [], { GOARCH: 'mips' }],
    ['Mach-O', [], { GOOS: 'darwin', GOARCH: 'arm64' }],
    ['PE', [], { GOOS: 'windows' }],
    ['PE, 32 bits', [], { GOOS: 'windows', GOARCH: '386' }],
    ['Plan 9', [], { GOOS: 'plan9' }],
  ] as [string, string[], Record<string, string>][])('%s', async (name, args, env) => {
    const oracle = await ensureToolchain(newest);
    const info = await compare(oracle, await build(oracle, name.replace(/\W+/g, '-'), args, env));
    if (name.startsWith('stripped'))
      expect(info.settings).toContainEqual({ key: '-ldflags', value: '-s -w -X "main.token=a b"' });
  });

  test('without section headers, and stripped by binutils if installed', async () => {
    const oracle = await ensureToolchain(newest);
    const plain = await build(oracle, 'plain');
    const { info } = ours(plain);
    const bytes = readFileSync(plain);
    bytes.writeBigUInt64LE(0n, 40);
    bytes.writeUInt16LE(0, 60);
    const headless = path.join(root, 'headless');
    await fs.writeFile(headless, bytes);
    expect(ours(headless).info).toEqual(info);
    const stripped = path.join(root, 'stripped');
    copyFileSync(plain, stripped);
    const done = await run('strip', [stripped]).then(
      () => true,
      () => false,
    );
    if (done) await compare(oracle, stripped);
  });
});

test('reads a Go 1.17 binary, whose header points to its strings, and finds no build information in a C binary (test data of the toolchain)', async () => {
  const oracle = await ensureToolchain(newest);
  const data = path.join(oracle.goroot, 'src/debug/buildinfo/testdata');
  const unpack = async (name: string) => {
    const file = path.join(root, name);
    await fs.writeFile(
      file,
      Buffer.from(readFileSync(path.join(data, name, `${name}.base64`), 'latin1'), 'base64'),
      { mode: 0o755 },
    );
    return file;
  };
  expect((await compare(oracle, await unpack('go117'))).goVersion).toBe('go1.17');
  expect(ours(await unpack('notgo')).info).toEqual({ error: 'no-build-info' });
});

test('reports an error for a file that is no Go binary, or a truncated one', async () => {
  const oracle = await ensureToolchain(newest);
  expect(ours('/bin/sh').info).toEqual({ error: 'no-build-info' });
  const bytes = readFileSync(oracle.go);
  for (const [length, error] of [
    [0, 'not-executable'],
    [10, 'not-executable'],
    [5000, 'truncated'],
    [1 << 20, 'truncated'],
  ] as const) {
    const file = path.join(root, `cut-${length}`);
    await fs.writeFile(file, bytes.subarray(0, length), { mode: 0o755 });
    expect(ours(file).info, String(length)).toEqual({ error });
    await expect(run(oracle.go, ['version', '-m', file], { env: environment() })).rejects.toThrow();
  }
  expect(compared).toBeGreaterThan(30);
});
