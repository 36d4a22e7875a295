/**
 * Go's own script tests of the environment (`env_*.txt` of the newest toolchain), run against our resolution
 * instead of go: what a script states about the output of `go env` must hold for the variables that we
 * resolve. A few lines here emulate `go env -w` and `-u`, as godrift itself only reads.
 */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { GoFacts } from '../../src/go/defaults.ts';
import { archLevelName } from '../../src/go/defaults.ts';
import { parseExperiments, unknownExperiments } from '../../src/go/experiments.ts';
import { goenvPath, gorootEnvPath, type ResolvedVariable, resolveVariables } from '../../src/go/getenv.ts';
import { parseGoenv } from '../../src/go/goenv.ts';
import {
  gorootFiles,
  parseBuildDefaults,
  parseDefaultCompilers,
  parsePlatforms,
} from '../../src/go/goroot-source.ts';
import { expandArgument, readStories, type Story, type StoryStep, storyHolds } from '../lab/go-story.ts';
import { ensureToolchain, scratch, toolchainVersions } from '../lab/toolchains.ts';

const toolchain = await ensureToolchain(toolchainVersions.at(-1) ?? '');
const stories = readStories(toolchain.goroot, 'env_');

/** The state of a script while it runs. */
interface ScriptState {
  readonly env: Record<string, string>;
  cwd: string;
  stdout: string;
  stderr: string;
  /** Whether we can answer the last go command. */
  answered: boolean;
  checks: number;
  passedBy: number;
}

const text = (file: keyof typeof gorootFiles) =>
  readFileSync(path.join(toolchain.goroot, gorootFiles[file]), 'utf8');
const experiments = parseExperiments(text('experiments'), text('experimentBaseline'));
const platforms = parsePlatforms(text('platforms'));
const compilers = parseDefaultCompilers(text('compilers'));

function begin(story: Story): ScriptState {
  const work = scratch('story');
  const gopath = path.join(work, 'gopath');
  // The environment that script_test.go gives its scripts, as far as go env depends on it.
  const env: Record<string, string> = {
    WORK: work,
    HOME: '/no-home',
    PATH: '/usr/bin:/bin',
    ':': ':',
    GOPATH: gopath,
    GOCACHE: path.join(work, 'cache'),
    GOROOT: toolchain.goroot,
    GOOS: 'linux',
    GOARCH: 'amd64',
    GOTOOLCHAIN: 'auto',
    GOVCS: '*:all',
    GOSUMDB: 'localhost.localdev/sumdb',
    GOPROXY: 'http://127.0.0.1/mod',
  };
  mkdirSync(path.join(gopath, 'src'), { recursive: true });
  const stage = {
    env,
    cwd: path.join(gopath, 'src'),
    stdout: '',
    stderr: '',
    answered: false,
    checks: 0,
    passedBy: 0,
  };
  for (const [name, content] of story.files) {
    const file = path.resolve(stage.cwd, expandArgument([{ text: name, quoted: false }], env));
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  return stage;
}

const conditions: Record<string, boolean> = {
  cgo: true,
  short: true,
  'GOOS:linux': true,
  'GOARCH:amd64': true,
};
const applies = (step: StoryStep) =>
  step.conditions.every((each) =>
    each.startsWith('!') ? !conditions[each.slice(1)] : conditions[each] === true,
  );

function runScript(story: Story): ScriptState {
  const stage = begin(story);
  for (const step of story.steps) {
    if (!applies(step)) continue;
    const args = step.args.map((arg) => expandArgument(arg, stage.env));
    if (step.command === 'skip') break;
    play(stage, step, args);
  }
  return stage;
}

function play(stage: ScriptState, step: StoryStep, args: readonly string[]): void {
  const file = (name: string) => path.resolve(stage.cwd, name);
  switch (step.command) {
    case 'env':
      for (const pair of args)
        stage.env[pair.slice(0, pair.indexOf('='))] = pair.slice(pair.indexOf('=') + 1);
      return;
    case 'cd':
      stage.cwd = file(args[0] ?? '');
      return;
    case 'cp':
      writeFileSync(file(args[1] ?? ''), readFileSync(file(args[0] ?? '')));
      return;
    case 'go':
      playGo(stage, step, args);
      return;
    case 'stdout':
    case 'stderr': {
      // A warning beside an answer is not modelled.
      const warning = step.command === 'stderr' && step.expect === '' && stage.stderr === '';
      if (!stage.answered || warning) stage.passedBy++;
      else check(stage, step, step.command === 'stdout' ? stage.stdout : stage.stderr);
      return;
    }
    case 'grep': {
      const target = file(args.at(-1) ?? '');
      check(stage, step, existsSync(target) ? readFileSync(target, 'utf8') : '');
      return;
    }
    default:
      stage.passedBy++;
  }
}

function check(stage: ScriptState, step: StoryStep, output: string): void {
  expect(storyHolds(step, stage.env, output), `line ${step.line}: ${step.text}\n${output}`).toBe(true);
  stage.checks++;
}

function playGo(stage: ScriptState, step: StoryStep, [command, ...args]: readonly string[]): void {
  const names = args.filter((arg) => !arg.startsWith('-'));
  const write = args.includes('-w') || args.includes('-u');
  stage.answered = command === 'env' && !(write && step.expect === '!') && !args.includes('-x');
  if (!stage.answered) {
    stage.passedBy++;
    return;
  }
  Object.assign(stage, { stdout: '', stderr: '' });
  if (write) {
    rewrite(stage, args.includes('-u'), names);
    return;
  }
  const variables = resolve(stage);
  const refusal = refusalOf(variables, names.length === 0);
  expect(refusal === '', `line ${step.line}: ${step.text}: ${refusal}`).toBe(step.expect !== '!');
  stage.checks++;
  stage.stderr = refusal;
  if (refusal === '') stage.stdout = print(stage, variables, names, args);
}

/** The error at which `go env` would stop, according to our knowledge of the toolchain. */
function refusalOf(variables: ReadonlyMap<string, ResolvedVariable>, all: boolean): string {
  const value = (name: string) => variables.get(name)?.value ?? '';
  const [unknown] = unknownExperiments(value('GOEXPERIMENT'), experiments);
  if (unknown) return `go: unknown GOEXPERIMENT ${unknown}`;
  const known = platforms.some((each) => each.os === value('GOOS') && each.arch === value('GOARCH'));
  return all && !known ? `go: unsupported GOOS/GOARCH pair ${value('GOOS')}/${value('GOARCH')}` : '';
}

function resolve(stage: ScriptState): Map<string, ResolvedVariable> {
  const process = new Map(Object.entries(stage.env));
  const facts = factsOf(stage);
  const read = (file: string | undefined) => {
    const absolute = file && path.resolve(stage.cwd, file);
    return absolute && existsSync(absolute)
      ? { path: absolute, file: parseGoenv(readFileSync(absolute)) }
      : undefined;
  };
  const goenv = read(goenvPath(process, facts));
  return resolveVariables({
    process,
    goenv,
    gorootEnv: read(gorootEnvPath(process, goenv?.file, facts)),
    facts,
  });
}

function factsOf(stage: ScriptState): GoFacts {
  const upwards = (name: string): string | undefined => {
    for (let dir = stage.cwd; dir !== '/'; dir = path.dirname(dir)) {
      const found = path.join(dir, name);
      if (existsSync(found) && statSync(found).isFile()) return found;
    }
    return undefined;
  };
  const goMod = upwards('go.mod');
  const goWork = upwards('go.work');
  return {
    version: toolchain.version,
    os: 'linux',
    arch: 'amd64',
    goroot: toolchain.goroot,
    home: stage.env.HOME ?? '',
    lookPath: (command) => (['gcc', 'g++'].includes(command) ? `/usr/bin/${command}` : undefined),
    cwd: stage.cwd,
    ...(goMod && { goMod: { path: goMod } }),
    ...(goWork && { goWork }),
    sources: {
      buildDefaults: parseBuildDefaults(text('bootstrap')),
      platforms,
      ...(compilers && { compilers }),
    },
  };
}

function print(
  stage: ScriptState,
  variables: ReadonlyMap<string, ResolvedVariable>,
  names: readonly string[],
  args: readonly string[],
): string {
  const changed = args.includes('-changed');
  if (names.length > 0 && !changed && !args.includes('-json'))
    return names.map((name) => `${printedValue(stage, variables, name)}\n`).join('');
  const level = archLevelName(variables.get('GOARCH')?.value ?? '');
  const levels = [
    'GO386',
    'GOAMD64',
    'GOARM',
    'GOARM64',
    'GOMIPS',
    'GOMIPS64',
    'GOPPC64',
    'GORISCV64',
    'GOWASM',
  ];
  const shown = [...variables.values()].filter(
    ({ name, value, default: usual }) =>
      (names.length === 0 ? !levels.includes(name) || name === level : names.includes(name)) &&
      (!changed || isChanged(variables, name, value, usual)),
  );
  const quote = (value: string) => `'${value.replaceAll("'", `'\\''`)}'`;
  if (args.includes('-json'))
    return JSON.stringify(Object.fromEntries(shown.map(({ name, value }) => [name, value])), null, '\t');
  return shown.map(({ name, value }) => `${name}=${quote(value)}\n`).join('');
}

/**
 * Whether `go env -changed` lists the variable: its value differs from go.env, else from the built-in default
 * (EnvOrAndChanged in cfg.go).
 */
function isChanged(
  variables: ReadonlyMap<string, ResolvedVariable>,
  name: string,
  value: string,
  usual: string | undefined,
): boolean {
  const one = variables.get(name);
  const shipped = [one, ...(one?.shadows ?? [])].find((each) => each?.origin.kind === 'goroot')?.value;
  // The environment of the script sets GOPATH; GOROOT and the like are never listed.
  return (
    !['GOROOT', 'GOMOD', 'GOWORK', 'GOVERSION', 'GOTOOLDIR'].includes(name) &&
    value !== (shipped || usual || '')
  );
}

/** The value that go env prints. Unknown names are echoed as the files hold them. */
function printedValue(
  stage: ScriptState,
  variables: ReadonlyMap<string, ResolvedVariable>,
  name: string,
): string {
  const known = variables.get(name);
  if (known) return known.value;
  const file = goenvPath(new Map(Object.entries(stage.env)), factsOf(stage));
  const goenv = file && existsSync(file) ? parseGoenv(readFileSync(file)) : undefined;
  return goenv?.effective.get(name)?.value ?? '';
}

/** Emulates `go env -w` and `-u` as far as the scripts need them: sorted lines, one per name. */
function rewrite(stage: ScriptState, unset: boolean, pairs: readonly string[]): void {
  const named = goenvPath(new Map(Object.entries(stage.env)), factsOf(stage)) ?? '';
  const file = path.resolve(stage.cwd, named);
  const lines = new Map<string, string>();
  if (existsSync(file))
    for (const [name, { value }] of parseGoenv(readFileSync(file)).effective) lines.set(name, value);
  for (const pair of pairs) {
    const cut = pair.indexOf('=');
    const name = unset ? pair : pair.slice(0, cut);
    if (!unset && stage.env[name] && stage.env[name] !== pair.slice(cut + 1)) {
      stage.stderr += `warning: go env -w ${name}=... does not override conflicting OS environment variable\n`;
    }
    if (unset) lines.delete(name);
    else lines.set(name, pair.slice(cut + 1));
  }
  mkdirSync(path.dirname(file), { recursive: true });
  const sorted = [...lines].sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(file, sorted.map(([name, value]) => `${name}=${value}\n`).join(''));
}

/**
 * The least number of statements about reading in each script; the other scripts build, or test the writer.
 */
const expectedChecks: Readonly<Record<string, number>> = {
  'env_changed.txt': 20,
  'env_exp.txt': 5,
  'env_gobin.txt': 8,
  'env_gomod_issue61455.txt': 2,
  'env_sanitize.txt': 1,
  'env_unset.txt': 3,
  'env_write.txt': 25,
};

describe(`the script tests env_*.txt of go${toolchain.version}`, () => {
  let checks = 0;
  test.each(stories.map((story) => [story.name, story] as const))('hold in %s', (name, story) => {
    const stage = runScript(story);
    checks += stage.checks;
    expect(stage.checks).toBeGreaterThanOrEqual(expectedChecks[name] ?? 0);
    process.stderr.write(
      `env stories: ${name}: ${stage.checks} statements hold, ${stage.passedBy} steps are not about reading\n`,
    );
  });

  test('exist, and more than 60 of their statements apply', () => {
    for (const name of Object.keys(expectedChecks))
      expect(stories.map((story) => story.name)).toContain(name);
    expect(checks).toBeGreaterThan(60);
  });
});
