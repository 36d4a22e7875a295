// action.yml, .pre-commit-hooks.yaml and integrations/: each run by the program that runs it in practice
// (make, git, pre-commit), or by the shell in the way of a CI runner. Names passed to them attempt command
// injection.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { godrift, makeWorld, patienceMs, program, type World } from '../lab/godrift.ts';
import { ensureToolchain, onPath, scratch } from '../lab/toolchains.ts';

const go127 = await ensureToolchain('1.27.4');
const root = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const make = await onPath('make');
const git = await onPath('git');
const preCommit = await onPath('pre-commit');

/** A directory name that runs commands if a script does not quote it. */
const hostile = 'my svc $(touch PWNED) `touch PWNED`; touch PWNED';
/** A Go environment with one finding of level minor. */
const sick = { GOFLAGS: '-mod=mod' };

interface Ran {
  readonly exitCode: number;
  readonly output: string;
}

interface Stage {
  readonly world: World;
  /** Runs a program at the root of the repository, with a `godrift` on PATH. */
  run(command: string, args: readonly string[], more?: RunOptions): Promise<Ran>;
}

interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A healthy repository whose workspace is the directory `svc`. */
function makeStage(svc: string): Stage {
  const world = makeWorld(go127, { [join(svc, 'go.mod')]: 'module example.com/svc\n\ngo 1.21\n' });
  mkdirSync(join(world.home, 'bin'));
  const own = `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`;
  writeFileSync(join(world.home, 'bin/godrift'), own, { mode: 0o755 });
  writeFileSync(join(world.home, '.gitconfig'), '[user]\n\tname = A\n\temail = a@example.com\n');
  const run = async (command: string, args: readonly string[], { cwd, env }: RunOptions = {}) => {
    const { exitCode, all } = await execa(command, args, {
      cwd: cwd ?? world.workspace,
      env: { ...world.env, PATH: `${join(world.home, 'bin')}:${world.env.PATH}`, ...env },
      extendEnv: false,
      reject: false,
      all: true,
      timeout: patienceMs,
    });
    return { exitCode: exitCode ?? -1, output: all };
  };
  return { world, run };
}

/** A package of godrift without dependencies that npm would fetch: the built program includes them. */
async function makePackage(): Promise<string> {
  const folder = scratch('package');
  cpSync(dirname(program), join(folder, 'package/dist'), { recursive: true });
  const { name, version, type, bin } = JSON.parse(read('package.json'));
  writeFileSync(join(folder, 'package/package.json'), JSON.stringify({ name, version, type, bin }));
  await execa('tar', ['-czf', 'godrift.tgz', 'package'], { cwd: folder });
  return join(folder, 'godrift.tgz');
}

let made: Promise<string> | undefined;
const packed = () => {
  made ??= makePackage();
  return made;
};

/**
 * An environment without godrift on PATH, but with the npm of this Node. npm is offline, so that it can
 * install only the given package.
 */
function npmEnv({ world }: Stage): Record<string, string> {
  return {
    PATH: `${dirname(process.execPath)}:${world.env.PATH}`,
    npm_config_offline: 'true',
    npm_config_update_notifier: 'false',
  };
}

const pwned = ({ world }: Stage) =>
  [world.workspace, world.home, join(world.workspace, hostile)].some((folder) =>
    existsSync(join(folder, 'PWNED')),
  );

describe.skipIf(make === undefined)('make check-env (needs make)', () => {
  it('fails with the findings and writes the diff, and removes the diff when healthy', async () => {
    const stage = makeStage(hostile);
    const inner = { ...stage.world, workspace: join(stage.world.workspace, hostile) };
    const { stdout } = await godrift(inner, ['snapshot', '--portable']);
    writeFileSync(join(inner.workspace, '.godrift.snapshot'), stdout);
    const fragment = join(root, 'integrations/make/godrift.mk');
    writeFileSync(join(stage.world.workspace, 'Makefile'), `include ${fragment}\nall:\n\t@echo first\n`);
    const checkEnv = (env: Record<string, string>) =>
      stage.run(make as string, ['check-env', 'GODRIFT_ARGS=--quiet'], {
        env: { GODRIFT_WORKSPACE: hostile, ...env },
      });
    const diff = join(stage.world.workspace, 'env-fingerprint.diff');
    const drifted = await checkEnv(sick);
    expect(drifted.output).toContain('goflags-rewrites-gomod');
    expect(drifted.output).toMatch(/check-env\] Error 1/);
    expect(drifted.exitCode).toBe(2);
    expect(readFileSync(diff, 'utf8')).toContain('\n+env.GOFLAGS=-mod\\=mod\n');
    expect((await checkEnv({ ...sick, GODRIFT_FAIL_ON: 'major' })).exitCode).toBe(0);
    expect(await checkEnv({})).toEqual({ exitCode: 0, output: '' });
    expect(existsSync(diff)).toBe(false);
    // The file name may come from a CI variable: a file that is not a diff of a check is kept.
    writeFileSync(diff, 'notes\n');
    await checkEnv({});
    expect(readFileSync(diff, 'utf8')).toBe('notes\n');
    expect((await checkEnv({ GODRIFT_WORKSPACE: 'gone' })).output).toMatch(/check-env\] Error 2/);
    expect((await stage.run(make as string, [])).output).toBe('first');
    expect(pwned(stage)).toBe(false);
  });
});

describe.skipIf(git === undefined)('the git hook (needs git)', () => {
  const hook = join(root, 'integrations/git/pre-commit');
  const commit = (stage: Stage, more: RunOptions = {}, ...args: string[]) =>
    stage.run(git as string, ['commit', '--allow-empty', '-qm', 'one', ...args], more);

  async function repository(svc: string): Promise<Stage> {
    const stage = makeStage(svc);
    await stage.run(git as string, ['init', '-q']);
    expect((await stage.run(git as string, ['add', '.'])).exitCode).toBe(0);
    return stage;
  }

  it('refuses a commit on drift and names --no-verify; is silent when healthy', async () => {
    const stage = await repository('.');
    symlinkSync(hook, join(stage.world.workspace, '.git/hooks/pre-commit'));
    const refused = await commit(stage, { env: sick });
    expect(refused.exitCode).toBe(1);
    expect(refused.output).toContain('goflags-rewrites-gomod');
    expect(refused.output).toContain('git commit --no-verify');
    expect((await stage.run(git as string, ['rev-parse', 'HEAD'])).exitCode).not.toBe(0);
    expect(await commit(stage)).toEqual({ exitCode: 0, output: '' });
    expect(await commit(stage, { env: sick }, '--no-verify')).toEqual({ exitCode: 0, output: '' });
    await stage.run(git as string, ['config', 'godrift.failOn', 'major']);
    expect((await commit(stage, { env: sick })).exitCode).toBe(0);
  });

  it('checks the workspaces listed in git config, also in a worktree and from a subdirectory', async () => {
    const stage = await repository(hostile);
    cpSync(hook, join(stage.world.workspace, '.git/hooks/pre-commit'));
    // The variables that git sets for hooks must not reach the check: builds do not have them.
    const clean = join(stage.world.home, 'clean only');
    const script = '#!/bin/sh\nenv | grep ^GIT_DIR= || env | grep ^GIT_INDEX_FILE= || exec godrift "$@"\n';
    writeFileSync(clean, script, { mode: 0o755 });
    await stage.run(git as string, ['config', 'godrift.program', clean]);
    for (const name of ['.', hostile])
      await stage.run(git as string, ['config', '--add', 'godrift.workspace', name]);
    const within = { cwd: join(stage.world.workspace, hostile) };
    expect(await commit(stage, within)).toEqual({ exitCode: 0, output: '' });
    const tree = join(stage.world.home, 'tree');
    await stage.run(git as string, ['worktree', 'add', '-q', tree]);
    // Only the worktree drifts: its own checkout is checked.
    writeFileSync(join(tree, hostile, '.go-version'), '1.26\n');
    const refused = await commit(stage, { cwd: join(tree, hostile) });
    expect(refused.output).toContain('pin-go-version');
    expect(refused.exitCode).toBe(1);
    expect(pwned(stage)).toBe(false);
  });

  it('refuses a commit with a remedy if godrift or a workspace is missing', async () => {
    const stage = await repository('.');
    symlinkSync(hook, join(stage.world.workspace, '.git/hooks/pre-commit'));
    await stage.run(git as string, ['config', 'godrift.workspace', 'gone']);
    const gone = await commit(stage);
    expect([gone.exitCode, gone.output.split('\n').length]).toEqual([1, 2]);
    await stage.run(git as string, ['config', 'godrift.program', join(stage.world.home, 'no godrift')]);
    const missing = await commit(stage);
    expect(missing.output).toMatch(/no godrift.*npm install --global godrift.*--no-verify/);
    expect(missing.exitCode).toBe(1);
  });
});

describe.skipIf(git === undefined || preCommit === undefined)('the pre-commit framework (needs it)', () => {
  it('runs the hook at each commit, with the arguments of its configuration', async () => {
    const stage = makeStage('svc');
    const hooks = scratch('hooks');
    const inHooks = async (...args: string[]) =>
      (await stage.run(git as string, args, { cwd: hooks })).output.trim();
    cpSync(join(root, '.pre-commit-hooks.yaml'), join(hooks, '.pre-commit-hooks.yaml'));
    await inHooks('init', '-q');
    await inHooks('add', '.');
    await inHooks('commit', '-qm', 'hooks');
    const rev = await inHooks('rev-parse', 'HEAD');
    writeFileSync(
      join(stage.world.workspace, '.pre-commit-config.yaml'),
      JSON.stringify({ repos: [{ repo: hooks, rev, hooks: [{ id: 'godrift', args: ['svc'] }] }] }),
    );
    await stage.run(git as string, ['init', '-q']);
    await stage.run(git as string, ['add', '.']);
    await stage.run(preCommit as string, ['install']);
    const commit = (env: Record<string, string>) =>
      stage.run(git as string, ['commit', '--allow-empty', '-qm', 'one'], { env });
    const refused = await commit(sick);
    expect(refused.output).toContain('goflags-rewrites-gomod');
    expect(refused.exitCode).toBe(1);
    const healthy = await commit({});
    expect(healthy.output).toMatch(/godrift check\.+Passed/);
    expect(healthy.exitCode).toBe(0);
  });
});

describe('the GitHub action', () => {
  const action = parse(read('action.yml'), { strict: true, uniqueKeys: true });
  const [step, upload] = action.runs.steps;

  /** Runs the step like a GitHub runner, with its defaults, expressions and files. */
  async function act(stage: Stage, inputs: Record<string, string>, env: Record<string, string> = {}) {
    const { workspace } = stage.world;
    const temp = scratch('runner');
    const defaults = Object.entries(action.inputs as Record<string, { default: string }>);
    const given = { ...Object.fromEntries(defaults.map(([key, one]) => [key, one.default])), ...inputs };
    const expressions = Object.entries(step.env as Record<string, string>).map(([key, value]) => {
      const [, name = ''] = /^\$\{\{ inputs\.([\w-]+) \}\}$/.exec(value) ?? [];
      expect(defaults.map(([one]) => one)).toContain(name);
      return [key, given[name]];
    });
    const files = { GITHUB_OUTPUT: join(temp, 'output'), GITHUB_STEP_SUMMARY: join(temp, 'summary') };
    for (const file of Object.values(files)) writeFileSync(file, '');
    writeFileSync(join(temp, 'script.sh'), step.run);
    const ran = await stage.run(
      'bash',
      ['--noprofile', '--norc', '-eo', 'pipefail', join(temp, 'script.sh')],
      {
        env: {
          CI: 'true',
          GITHUB_ACTIONS: 'true',
          GITHUB_WORKSPACE: workspace,
          RUNNER_TEMP: temp,
          ...files,
          ...env,
          ...Object.fromEntries(expressions),
        },
      },
    );
    const lines = readFileSync(files.GITHUB_OUTPUT, 'utf8').trim().split('\n');
    const outputs = Object.fromEntries(
      lines.map((line) => [line.split('=', 1)[0], line.replace(/^.*?=/, '')]),
    );
    return { ...ran, outputs, summary: readFileSync(files.GITHUB_STEP_SUMMARY, 'utf8'), temp };
  }

  it('takes its inputs from the environment only, and installs this version', () => {
    expect(step.run).not.toContain('${{');
    expect(step.shell).toBe('bash');
    expect(upload.if).toContain("inputs.upload-sarif == 'true'");
    const { name, version } = JSON.parse(read('package.json'));
    expect(action.inputs.package.default).toBe(`${name}@${version}`);
    for (const output of Object.keys(action.outputs)) expect(step.run).toContain(`echo "${output}=`);
  });

  it('writes annotations, a summary and SARIF, and exits with the code of godrift', async () => {
    const stage = makeStage(hostile);
    const drifted = await act(stage, { workspace: hostile }, { GOFLAGS: '-mod=mod -tags=```::error::x' });
    expect(drifted.output).toMatch(/^::warning .*goflags-rewrites-gomod/m);
    expect(drifted.exitCode).toBe(1);
    expect(drifted.outputs['exit-code']).toBe('1');
    const sarif = JSON.parse(readFileSync(drifted.outputs['sarif'] as string, 'utf8'));
    expect(sarif.runs[0].results[0].locations[0].physicalLocation.artifactLocation.uri).toMatch(/^my%20svc/);
    const [head, ...block] = drifted.summary.trimEnd().split('\n');
    expect(head).toBe('### godrift check');
    expect(block.filter((line) => line !== '' && !line.startsWith('    '))).toEqual([]);
    expect(drifted.summary).toContain('goflags-rewrites-gomod');
    // No godrift on PATH, so that only the named program can run.
    const { home, env } = stage.world;
    const options = { 'fail-on': 'major', args: '--target\nx y', program: join(home, 'bin/godrift') };
    const lenient = await act(stage, { workspace: hostile, ...options }, { ...env, ...sick });
    expect(lenient).toMatchObject({ exitCode: 0, outputs: { 'exit-code': '0' } });
    expect(lenient.output).toContain('::warning ');
    expect(pwned(stage)).toBe(false);
  });

  it('reports an error once and sets no SARIF output if the check cannot run', async () => {
    const stage = makeStage('.');
    const failed = await act(stage, { 'fail-on': '$(touch PWNED)', args: '\n*\n' });
    expect([failed.exitCode, failed.output.split('\n').length]).toEqual([2, 1]);
    expect(failed.outputs).toEqual({ 'exit-code': '2' });
    const unknown = await act(stage, { 'baseline-ref': 'origin/$(touch PWNED)' });
    expect([unknown.exitCode, unknown.output.split('\n').length]).toEqual([2, 1]);
    expect(unknown.output).toContain('cannot read .godrift.snapshot of origin/$(touch PWNED)');
    expect(pwned(stage)).toBe(false);
  });

  it('installs the given package into the temporary folder of the job if there is no godrift', async () => {
    const stage = makeStage('.');
    const env = { ...npmEnv(stage), ...sick };
    const drifted = await act(stage, { package: await packed() }, env);
    expect(drifted.output).toContain('::warning ');
    expect(drifted.exitCode).toBe(1);
    expect(readdirSync(drifted.temp).filter((name) => name.startsWith('godrift.'))).toHaveLength(1);
  });
});

describe('the GitLab job', () => {
  const { godrift: job, ...others } = parse(read('integrations/gitlab/godrift.yml'), {
    strict: true,
    uniqueKeys: true,
  });
  // The runner uses bash if the image has one, else sh.
  const shells = { sh: ['-e'], bash: ['-eo', 'pipefail'] } as const;
  type Shell = keyof typeof shells;

  const start = (stage: Stage, shell: Shell, env: Record<string, string>) =>
    stage.run(shell, [...shells[shell], '-c', job.script.join('\n')], {
      env: { CI: 'true', GITLAB_CI: 'true', CI_PROJECT_DIR: stage.world.workspace, ...env },
    });

  it('is one job that installs this version', () => {
    expect(Object.keys(others)).toEqual([]);
    const { name, version } = JSON.parse(read('package.json'));
    expect(job.script.join('\n')).toContain(`:-${name}@${version}}`);
    expect(job.artifacts.when).toBe('always');
  });

  it.each(Object.keys(shells) as Shell[])(
    'writes both reports, or none if the check cannot run, and exits with the code of godrift (%s)',
    async (shell) => {
      const stage = makeStage(hostile);
      const at = (name: string) => join(stage.world.workspace, name);
      const { codequality, junit } = job.artifacts.reports;
      const drifted = await start(stage, shell, { GODRIFT_WORKSPACE: hostile, ...sick });
      expect(drifted.output).toContain('goflags-rewrites-gomod');
      expect(drifted.exitCode).toBe(1);
      const [issue] = JSON.parse(readFileSync(at(codequality), 'utf8'));
      expect(existsSync(at(issue.location.path))).toBe(true);
      expect(XMLValidator.validate(readFileSync(at(junit), 'utf8'))).toBe(true);
      const failed = await start(stage, shell, { GODRIFT_WORKSPACE: 'gone' });
      expect([failed.exitCode, failed.output.split('\n').length]).toEqual([2, 1]);
      const ref = { GODRIFT_WORKSPACE: hostile, GODRIFT_BASELINE_REF: '$(touch PWNED)' };
      const unknown = await start(stage, shell, ref);
      expect(unknown.output).toContain('cannot read .godrift.snapshot of $(touch PWNED)');
      expect(unknown.exitCode).toBe(2);
      expect([codequality, junit].filter((name) => existsSync(at(name)))).toEqual([]);
      expect(pwned(stage)).toBe(false);
    },
  );

  it('installs the given package if there is no godrift, and removes it afterwards', async () => {
    const stage = makeStage('.');
    const temp = scratch('tmp');
    const env = { ...npmEnv(stage), ...sick, TMPDIR: temp, GODRIFT_PACKAGE: await packed() };
    const drifted = await start(stage, 'sh', env);
    expect(drifted.output).toContain('goflags-rewrites-gomod');
    expect(drifted.exitCode).toBe(1);
    expect(readdirSync(temp)).toEqual([]);
    const options = { GODRIFT_FAIL_ON: 'major', GODRIFT_ARGS: '--target\nx y\n' };
    const given = { ...env, ...options, GODRIFT_PROGRAM: join(stage.world.home, 'bin/godrift') };
    expect((await start(stage, 'sh', given)).exitCode).toBe(0);
  });
});
