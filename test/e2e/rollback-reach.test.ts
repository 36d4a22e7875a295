/**
 * Values that no file can restore, because the process or a default set them when they were approved. No
 * rollback of them is begun or offered, and all outputs name the same repair.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { godrift, makeWorld, type World } from '../lab/godrift.ts';
import { ensureToolchain } from '../lab/toolchains.ts';

let world: World;
let goenv: string;

type Env = Readonly<Record<string, string>>;

interface Finding {
  readonly key: string;
  readonly repair: string;
  readonly fix?: { readonly argv?: readonly string[] };
}

async function accept(env: Env = {}): Promise<void> {
  const { exitCode, stderr } = await godrift(world, ['baseline', 'accept', '--reason', 'as it is'], env);
  expect(exitCode, stderr).toBe(0);
}

function settings(text: string): void {
  mkdirSync(dirname(goenv), { recursive: true });
  writeFileSync(goenv, text);
}

/** Returns the output of a check for an entry (its JSON finding, text and script) and that of `why`. */
async function repairs(key: string, env: Env = {}) {
  const run = async (...args: readonly string[]) => (await godrift(world, args, env)).stdout;
  const all = JSON.parse(await run('check', '--json')).findings as readonly Finding[];
  const finding = all.find((one) => one.key === key);
  const [text, script, why] = [
    await run('check'),
    await run('check', '--fix-hints'),
    await run('why', key.replace('env.', '')),
  ];
  return { finding, text, script, why };
}

const rollback = (args: readonly string[], env: Env = {}) => godrift(world, ['rollback', ...args], env);

beforeEach(async () => {
  world = makeWorld(await ensureToolchain('1.26.0'));
  goenv = join(world.home, '.config/go/env');
});

describe('a variable whose approved value came from the process', () => {
  it('is not rolled back: the output says what to export, and the file that sets it now is not touched', async () => {
    await accept({ GOFLAGS: '-trimpath' });
    settings('GOFLAGS=-v\n');
    for (const args of [['--dry-run'], ['--yes'], ['--key', 'GOFLAGS', '--yes']]) {
      const { exitCode, stdout } = await rollback(args);
      expect(stdout).toMatch(/stays {2}env\.GOFLAGS: .* in the shell .*: export GOFLAGS=-trimpath/);
      expect([exitCode, stdout]).toEqual([1, expect.not.stringContaining('remove')]);
      expect(readFileSync(goenv, 'utf8')).toBe('GOFLAGS=-v\n');
    }
    const { finding, text, script, why } = await repairs('env.GOFLAGS');
    expect(finding?.fix?.argv).toBeUndefined();
    for (const output of [text, script, why]) {
      expect(output).toContain(finding?.repair);
      expect(output).not.toContain('godrift rollback');
    }
    // After the export the check passes, and the line in the file, now without effect, is rolled back.
    const healed = { GOFLAGS: '-trimpath' };
    expect((await godrift(world, ['check'], healed)).stdout).not.toContain('changed');
    expect((await rollback(['--key', 'GOFLAGS', '--yes'], healed)).exitCode).toBe(0);
    expect((await godrift(world, ['check'], healed)).exitCode).toBe(0);
  });

  it('does not prevent the rollback of other variables in its file', async () => {
    settings('GOFLAGS=-x\n');
    await accept({ GOFLAGS: '-trimpath' });
    settings('GOFLAGS=-v\nGOPROXY=off\n');
    const { finding, script } = await repairs('env.GOPROXY');
    expect(finding?.repair).toContain('godrift rollback --key GOPROXY');
    expect(script).toContain('GOPROXY');
    const { exitCode, stdout } = await rollback(['--yes']);
    expect(stdout).toContain('applied and verified');
    expect([exitCode, readFileSync(goenv, 'utf8')]).toEqual([1, 'GOFLAGS=-v\n']);
  });

  it('gets the repair go env -u from blame, not a rollback', async () => {
    await accept({ GOFLAGS: '-trimpath' });
    settings('GOFLAGS=-v\n');
    const { stdout } = await godrift(world, [
      ...['blame', '--', 'sh', '-c', 'test "$(go env GOFLAGS)" != -v'],
    ]);
    expect(stdout).toContain('repair: go env -u GOFLAGS');
    expect(stdout).not.toContain('godrift rollback');
  });

  it('PATH: a toolchain selected by it is not rolled back', async () => {
    const newer = await ensureToolchain('1.27.4');
    const PATH = `${join(newer.goroot, 'bin')}:${world.env['PATH']}`;
    await accept({ PATH });
    settings('GOTOOLCHAIN=local\n');
    const { finding } = await repairs('toolchain.version');
    expect(finding?.repair).not.toContain('godrift rollback');
    const { exitCode, stdout } = await rollback(['--facet', 'toolchain', '--dry-run']);
    expect([exitCode, stdout]).toEqual([1, expect.stringMatching(/refused|stays/)]);
  });
});

describe('a variable whose approved value came from another layer', () => {
  it('is rolled back to a default', async () => {
    await accept();
    settings('CGO_ENABLED=0\n');
    const all = JSON.parse((await godrift(world, ['check', '--json'])).stdout).findings as readonly Finding[];
    for (const { key, repair } of all.filter((one) => one.key === 'env.CGO_ENABLED'))
      expect([key, repair]).toEqual([key, expect.stringContaining('godrift rollback --key CGO_ENABLED')]);
    const { exitCode, stdout } = await rollback(['--key', 'CGO_ENABLED', '--yes']);
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('applied and verified')]);
  });

  it('is rolled back to its line in the file, and the script contains the rollback command', async () => {
    settings('GOFLAGS=-trimpath\n');
    await accept();
    settings('GOFLAGS=-v\n');
    const { finding, text, script, why } = await repairs('env.GOFLAGS');
    expect(finding?.repair).toContain('godrift rollback --key GOFLAGS');
    for (const output of [text, script, why]) expect(output).toContain(finding?.repair);
    expect(script).toContain('godrift rollback --key GOFLAGS --yes');
    const { exitCode } = await rollback(['--key', 'GOFLAGS', '--yes']);
    expect([exitCode, readFileSync(goenv, 'utf8')]).toEqual([0, 'GOFLAGS=-trimpath\n']);
  });

  it('is not rolled back while the process sets it', async () => {
    settings('GOFLAGS=-trimpath\n');
    await accept();
    const { exitCode, stdout } = await rollback(['--yes'], { GOFLAGS: '-v' });
    expect([exitCode, stdout]).toEqual([1, expect.stringContaining('the process environment sets it')]);
    const { finding, script } = await repairs('env.GOFLAGS', { GOFLAGS: '-v' });
    expect(finding?.repair).toContain('export GOFLAGS=-trimpath');
    expect(script).toContain('export GOFLAGS=-trimpath');
  });
});

describe('rollback --key', () => {
  it.each(['GOFLAG', 'env.GOFLAG'])('%s is unknown: exits with 2 and suggests GOFLAGS', async (key) => {
    await accept();
    settings('GOFLAGS=-v\n');
    const { exitCode, stdout, stderr } = await rollback(['--key', key, '--yes']);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^godrift: cannot use --key GOFLAG: .*; did you mean GOFLAGS\?\n$/);
    expect(readFileSync(goenv, 'utf8')).toBe('GOFLAGS=-v\n');
  });

  it('accepts variables of Go, of the approved record and of the present environment', async () => {
    settings('OF_THE_RECORD=1\n');
    await accept();
    settings('SET_HERE=1\n');
    for (const key of ['GOPROXY', 'OF_THE_RECORD', 'SET_HERE', 'HOME'])
      expect((await rollback(['--key', key, '--dry-run'])).exitCode, key).toBe(0);
    expect((await rollback(['--key', 'NOSUCH', '--dry-run'])).exitCode).toBe(2);
  });
});

describe('a required variable that the baseline lacks', () => {
  it('is not removed by a rollback once it is set; the repair is a new baseline', async () => {
    writeFileSync(join(world.workspace, '.godrift.yml'), 'required: [GOPRIVATE]\n');
    await accept();
    settings('GOPRIVATE=example.com\nGOFLAGS=-v\n');
    const { finding, text, script, why } = await repairs('env.GOPRIVATE');
    expect(finding?.repair).toMatch(/^godrift baseline accept --reason …: it is required here/);
    expect([finding?.fix, script]).toEqual([undefined, expect.not.stringContaining('GOPRIVATE=')]);
    for (const output of [text, why]) expect(output).toContain(finding?.repair);
    const refused = await rollback(['--yes']);
    expect([refused.exitCode, refused.stdout]).toEqual([
      1,
      expect.stringContaining('GOPRIVATE is required here and was not set when this was approved'),
    ]);
    expect(readFileSync(goenv, 'utf8')).toBe('GOPRIVATE=example.com\nGOFLAGS=-v\n');
    // Another variable of the same file is still rolled back.
    expect((await rollback(['--key', 'GOFLAGS', '--yes'])).exitCode).toBe(0);
    expect(readFileSync(goenv, 'utf8')).toBe('GOPRIVATE=example.com\n');
    await accept();
    expect((await godrift(world, ['check'])).exitCode).toBe(0);
  });
});
