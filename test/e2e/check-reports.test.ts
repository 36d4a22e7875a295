/**
 * Output formats of a check: each format is read by a real consumer or validator, each script is run by a
 * real shell.
 */
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { execa } from 'execa';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { godrift, makeWorld, type World } from '../lab/godrift.ts';
import { sarifSchema } from '../lab/sarif-schema.ts';
import { ensureServer } from '../lab/servers.ts';
import { ensureToolchain } from '../lab/toolchains.ts';

const go126 = await ensureToolchain('1.26.0');
const go127 = await ensureToolchain('1.27.4');

/** A value that attempts an injection into each format. */
const hostile = '-tags=a\'"`$(touch${IFS}PWNED)`;touch${IFS}PWNED;%0A::error::x,<b>&amp;\u001b[31m\u202e';

/** A repository with the workspace in `svc`, a broken pin, a bricked GOENV line and a drifted variable. */
async function sickWorld(): Promise<{ world: World; env: Record<string, string> }> {
  const world = makeWorld(go127);
  mkdirSync(join(world.workspace, '.git'));
  const svc = join(world.workspace, 'svc');
  mkdirSync(svc);
  writeFileSync(join(svc, 'go.mod'), 'module example.com/svc\n\ngo 1.21\n');
  const inner = { ...world, workspace: svc };
  expect(
    (await godrift(inner, ['baseline', 'accept', '--reason', 'first'], { GOFLAGS: '-v' })).exitCode,
  ).toBe(0);
  writeFileSync(join(svc, '.go-version'), '1.26\n');
  mkdirSync(join(world.home, '.config/go'), { recursive: true });
  writeFileSync(join(world.home, '.config/go/env'), 'GOPRIVATE=corp\nGOMODCACHE=relative\nNOSUCH=1\n');
  return { world: inner, env: { GOFLAGS: hostile } };
}

const rulesOf = (document: { findings: { rule: string }[] }) => document.findings.map((one) => one.rule);

describe('check --format', async () => {
  const { world, env } = await sickWorld();
  const run = async (...args: string[]) => {
    const done = await godrift(world, ['check', ...args], env);
    expect(done.exitCode, done.stderr).toBe(1);
    return done.stdout;
  };
  const document = JSON.parse(await run('--json'));

  it('prints no invisible characters in any format', async () => {
    for (const format of ['text', 'json', 'github', 'gitlab', 'sarif', 'junit'])
      expect(await run('--format', format)).not.toMatch(/[^\P{C}\n]/u);
  });

  it('github: prints one runner command per finding, with paths relative to the repository', async () => {
    const lines = (await run('--format', 'github')).trim().split('\n');
    expect(lines).toHaveLength(document.findings.length);
    const commands = lines.map(
      (line) => /^::(error|warning|notice) ([^:]*)::(.*)$/.exec(line)?.slice(1) ?? [],
    );
    expect(commands.map(([level]) => level)).toEqual(
      document.findings.map((one: { level: string }) =>
        one.level === 'major' ? 'error' : one.level === 'minor' ? 'warning' : 'notice',
      ),
    );
    const pin = commands.find(([, properties]) => properties?.includes('pin-go-version'));
    expect(pin?.[1]).toBe('file=svc/.go-version,line=1,title=godrift pin-go-version toolchain.version');
    expect(commands.map(([, , message]) => message).join('')).toContain('%250A');
  });

  it('gitlab: prints issues with the fields that GitLab requires, and fingerprints that do not depend on values', async () => {
    const issues = JSON.parse(await run('--format', 'gitlab'));
    expect(issues.map((one: { check_name: string }) => one.check_name)).toEqual(rulesOf(document));
    for (const issue of issues) {
      expect(Object.keys(issue).sort()).toEqual([
        'check_name',
        'description',
        'fingerprint',
        'location',
        'severity',
      ]);
      expect(['info', 'minor', 'major', 'critical', 'blocker']).toContain(issue.severity);
      expect(existsSync(join(world.workspace, '..', issue.location.path))).toBe(true);
      expect(issue.location.lines.begin).toBeGreaterThan(0);
    }
    const prints = issues.map((one: { fingerprint: string }) => one.fingerprint);
    expect(new Set(prints).size).toBe(prints.length);
    const other = await godrift(world, ['check', '--format', 'gitlab'], { GOFLAGS: '-tags=other' });
    const again = JSON.parse(other.stdout).map((one: { fingerprint: string }) => one.fingerprint);
    expect(again.filter((one: string) => !prints.includes(one))).toEqual([]);
  });

  it('sarif: is valid by the schema of the standard, with a rule and a location for every result', async () => {
    const log = JSON.parse(await run('--format', 'sarif'));
    const ajv = new Ajv({ strict: false, allErrors: true });
    addFormats.default(ajv);
    expect(ajv.validate(sarifSchema, log), JSON.stringify(ajv.errors)).toBe(true);
    const [{ results, tool }] = log.runs;
    expect(results.map((one: { ruleId: string }) => one.ruleId)).toEqual(rulesOf(document));
    for (const { ruleId, ruleIndex, locations, partialFingerprints } of results) {
      expect(tool.driver.rules[ruleIndex].id).toBe(ruleId);
      const { uri } = locations[0].physicalLocation.artifactLocation;
      expect(existsSync(join(world.workspace, '..', decodeURIComponent(uri)))).toBe(true);
      expect(Object.values(partialFingerprints)).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
    }
  });

  it('junit: is well-formed, with a failure for each finding that decides the exit code', async () => {
    const xml = await run('--format', 'junit');
    expect(XMLValidator.validate(xml)).toBe(true);
    const { testsuites } = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: '' }).parse(xml);
    const decisive = document.findings.filter((one: { level: string }) => one.level !== 'patch');
    expect(Number(testsuites.failures)).toBe(decisive.length);
    const env = testsuites.testsuite.find((one: { name: string }) => one.name === 'default.env');
    expect([env.testcase].flat().map((one) => one.name)).toContain('goenv-invalid env.GOMODCACHE');
  });

  it('--output writes the format to the file and prints the text report', async () => {
    const text = await run('--format', 'sarif', '--output', 'out.sarif');
    expect(JSON.parse(readFileSync(join(world.workspace, 'out.sarif'), 'utf8')).version).toBe('2.1.0');
    expect(text).toContain('pin-go-version');
    const refused = await godrift(world, ['check', '--json', '--output', 'no/such/x.json'], env);
    expect([refused.exitCode, refused.stderr.trim().split('\n').length]).toEqual([2, 1]);
  });

  it('text: groups findings by facet with values, origin and repair; --quiet prints only findings that decide the exit code', async () => {
    const text = await run();
    expect(text).toMatch(
      /\ntoolchain\n {2}minor {2}pin-go-version {2}1\.26 → 1\.27\.4 .*svc\/\.go-version:1\)\n {9}repair: /,
    );
    expect(text).toMatch(/\nenv\n[\s\S]*changed env\.GOFLAGS {2}-v → -tags=a/);
    expect(text).toMatch(/\n\d+ major, \d+ minor/);
    const quiet = await run('--quiet');
    expect(quiet).not.toContain('patch');
    const healthy = await godrift(makeWorld(go127), ['check', '--quiet']);
    expect(healthy).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  });

  it('text: wraps at the width of a terminal, and is coloured there without NO_COLOR', async () => {
    const onTerminal = async (more: Record<string, string>) =>
      (
        await execa(
          'script',
          [
            '-qec',
            `stty cols 72; ${process.execPath} ${join(import.meta.dirname, '../../dist/godrift.js')} check`,
            '/dev/null',
          ],
          {
            cwd: world.workspace,
            env: { ...world.env, ...env, TERM: 'xterm', ...more },
            extendEnv: false,
            reject: false,
          },
        )
      ).stdout;
    const plain = (await onTerminal({ NO_COLOR: '1' })).replaceAll('\r', '');
    expect(plain).not.toContain('\u001b[');
    for (const line of plain.split('\n').slice(1))
      if (line.includes(' ', 10)) expect(line.length).toBeLessThanOrEqual(90);
    expect(plain).toMatch(/\n {9}\S/);
    expect(await onTerminal({})).toContain('\u001b[');
  });
});

describe('check --fix-hints', () => {
  it('prints a script that makes every scriptable repair and runs no code from hostile values', async () => {
    const { world, env } = await sickWorld();
    symlinkSync(go126.goroot, join(world.home, 'sdk-go1.26.0'));
    const script = (await godrift(world, ['check', '--fix-hints'], env)).stdout;
    writeFileSync(join(world.home, 'fix.sh'), script);
    const healed = await execa(
      'sh',
      [
        '-c',
        `cd "$1" && . "$2" && "$3" "$4" check --json`,
        'sh',
        world.workspace,
        join(world.home, 'fix.sh'),
        process.execPath,
        join(import.meta.dirname, '../../dist/godrift.js'),
      ],
      { env: { ...world.env, ...env }, extendEnv: false, reject: false },
    );
    const left = rulesOf(JSON.parse(healed.stdout));
    expect(left).not.toContain('goenv-invalid');
    expect(left).not.toContain('goenv-ignored');
    expect(left).not.toContain('changed');
    expect(existsSync(join(world.workspace, 'PWNED'))).toBe(false);
    expect(readFileSync(join(world.home, '.config/go/env'), 'utf8')).toBe('');
  });

  it('never sets a value taken from a committed baseline', async () => {
    const world = makeWorld(go127);
    const snapshot = await godrift(world, ['snapshot', '--portable'], { GOFLAGS: '-toolexec=/tmp/evil' });
    writeFileSync(join(world.workspace, '.godrift.snapshot'), snapshot.stdout);
    const script = (await godrift(world, ['check', '--fix-hints'], { GOFLAGS: '-trimpath' })).stdout;
    expect(script.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
  });
});

describe('check output files', () => {
  it('--write-diff: writes a diff from which patch(1) makes the new snapshot, and no file without a difference', async () => {
    const world = makeWorld(go126);
    const shell = async (command: string, env: Record<string, string> = {}) =>
      await execa('sh', ['-c', command], {
        cwd: world.workspace,
        env: { ...world.env, ...env },
        extendEnv: false,
        reject: false,
      });
    const own = `${process.execPath} ${join(import.meta.dirname, '../../dist/godrift.js')}`;
    await shell(`${own} snapshot --portable > .godrift.snapshot`, { GOFLAGS: '-trimpath', GOAMD64: 'v2' });
    await shell(`${own} check --write-diff`, { GOFLAGS: '-trimpath', GOAMD64: 'v2' });
    expect(existsSync(join(world.workspace, 'env-fingerprint.diff'))).toBe(false);
    const now = { GOFLAGS: '-tags=x', GOARM64: 'v9.0', PATH: `${join(go127.goroot, 'bin')}:/usr/bin:/bin` };
    const checked = await shell(`${own} check --write-diff`, now);
    expect(checked.exitCode).toBe(1);
    const diff = readFileSync(join(world.workspace, 'env-fingerprint.diff'), 'utf8');
    expect(diff).toMatch(/^--- \.godrift\.snapshot\t.*\n\+\+\+ now\t/);
    expect(diff).toContain('\n-env.GOFLAGS=-trimpath\n');
    expect(diff).toContain('\n+env.GOFLAGS=-tags\\=x\n');
    const patched = await shell('patch .godrift.snapshot env-fingerprint.diff', now);
    expect(patched.exitCode, patched.stdout + patched.stderr).toBe(0);
    const healed = await shell(`${own} check --json`, now);
    expect(
      JSON.parse(healed.stdout).findings.filter((one: { kind: string }) => one.kind === 'drift'),
    ).toEqual([]);
  });

  it('--textfile: writes a metrics page that promtool accepts and node_exporter may read', async () => {
    const world = makeWorld(go127, {
      'go.mod': 'module example.com/app\n\ngo 1.21\n',
      '.go-version': '1.26\n',
    });
    const run = await godrift(world, ['check', '--textfile', 'godrift.prom', '--quiet'], {
      GOFLAGS: hostile,
    });
    expect(run.exitCode).toBe(1);
    const file = join(world.workspace, 'godrift.prom');
    expect(statSync(file).mode & 0o777).toBe(0o644);
    const page = readFileSync(file, 'utf8');
    expect(page).toContain(
      'godrift_toolchain_deviation{target="default",source=".go-version",part="minor"} 1\n',
    );
    const checked = await execa(await ensureServer('promtool'), ['check', 'metrics'], {
      input: page,
      reject: false,
    });
    expect([checked.exitCode, checked.stderr]).toEqual([0, '']);
  });

  it('--output -: prints to standard output and creates no file', async () => {
    const world = makeWorld(go127);
    for (const args of [
      ['check', '--json'],
      ['snapshot', '--portable'],
    ]) {
      const { stdout } = await godrift(world, [...args, '--output', '-']);
      const plain = (await godrift(world, args)).stdout;
      const timeless = (text: string) =>
        text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z|"duration_seconds":[\d.e-]+/g, '');
      expect(timeless(stdout)).toBe(timeless(plain));
    }
    expect(existsSync(join(world.workspace, '-'))).toBe(false);
  });

  it.each([
    [['--json', '--format', 'sarif'], /two formats/],
    [['--fix-hints', '--json'], /--fix-hints and --json exclude each other/],
    [
      ['--quiet', '--format', 'junit'],
      /two formats: --quiet shortens the text, and --format junit prints none/,
    ],
    [['--notify-window', '1h'], /--notify-window has an effect only with --notify or --notify-url-file/],
    [['--format', 'html'], /Allowed choices/],
    [
      ['--write-diff=no/such/dir/x.diff'],
      /cannot write no\/such\/dir\/x\.diff: the directory \S+\/no\/such\/dir does not exist; make it, or /,
    ],
    [['--output', 'no/x'], /cannot write no\/x: the directory \S+\/no does not exist; make it, or /],
    [['--write-diff=-'], /cannot write --write-diff -: it is standard output, /],
    [['--textfile', '-'], /cannot write --textfile -: it is standard output, /],
  ])('refuses %j in one line and exits with 2', async (args, words) => {
    const world = makeWorld(go127);
    await godrift(world, ['baseline', 'accept', '--reason', 'first']);
    const run = await godrift(world, ['check', ...args], { GOFLAGS: '-trimpath' });
    expect(run.exitCode).toBe(2);
    expect(run.stderr).toMatch(words);
    expect(run.stderr.trim().split('\n')).toHaveLength(1);
  });
});
