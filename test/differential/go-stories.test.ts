/**
 * Go's own script tests of toolchain selection (`gotoolchain_*.txt`), run against our selection instead of
 * Go's. They were written for a go command built for tests, which claims to be TESTGO_VERSION and simulates
 * switches without toolchains; our selection must predict what they state about outputs. Steps about anything
 * else (installing pkg@version, module commands, loops) do not apply; the summary counts them.
 */
import { describe, expect, it } from 'vitest';
import { parseGoMod, scanGoLines } from '../../src/go/gomod.ts';
import { localToolchain, type ProjectLines, type Selection, selectToolchain } from '../../src/go/select.ts';
import {
  expandArgument,
  readStories,
  type Story,
  type StoryStep,
  storyHolds,
  storyMatch,
} from '../lab/go-story.ts';
import { ensureToolchain, toolchainVersions } from '../lab/toolchains.ts';

const newest = toolchainVersions[toolchainVersions.length - 1] ?? '';
const platform = 'linux/amd64';
const home = '/story/gopath/src';

/** The result of a go command; undefined after a step that does not apply. */
interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly failed: boolean;
}

/** The state of a script while it runs. */
interface ScriptState {
  readonly env: Record<string, string>;
  cwd: string;
  readonly files: Map<string, string>;
  /** Programs that the script built, by path. */
  readonly programs: Set<string>;
  /** Toolchains that the proxy of the script has handed out. */
  readonly downloaded: Set<string>;
  ran: Ran | undefined;
  /** Set if the rest of the script does not apply. */
  stopped: boolean;
}

interface Tally {
  held: number;
  readonly broken: string[];
  readonly skipped: string[];
}

function begin(story: Story): ScriptState {
  return {
    env: {
      WORK: '/story',
      GOPATH: '/story/gopath',
      GOTOOLCHAIN: 'auto',
      GOSUMDB: 'sum.test',
      PATH: '/usr/bin',
      GOEXE: '',
    },
    cwd: home,
    files: new Map([...story.files].map(([name, text]) => [`${home}/${name}`, text])),
    programs: new Set(),
    downloaded: new Set(),
    ran: undefined,
    stopped: false,
  };
}

function pathOf(script: ScriptState, name: string): string {
  return name.startsWith('/') ? name : `${script.cwd}/${name.replace(/^\.\//, '')}`;
}

function projectOf({ files, cwd }: ScriptState): ProjectLines {
  for (const file of ['go.work', 'go.mod'] as const) {
    const text = files.get(`${cwd}/${file}`);
    if (text !== undefined) return { file, ...scanGoLines(text), hasGoMod: files.has(`${cwd}/go.mod`) };
  }
  return { file: undefined };
}

function simulatesSwitches({ env }: ScriptState): boolean {
  return env['TESTGO_VERSION_SWITCH'] === 'switch';
}

function select(script: ScriptState): Selection {
  const { env, programs, downloaded } = script;
  const setting = env['GOTOOLCHAIN'] ?? '';
  // If a script simulates switches, every toolchain exists wherever GOTOOLCHAIN allows the lookup.
  const switching = simulatesSwitches(script);
  const simulatedOnPath = switching && setting.endsWith('path');
  return selectToolchain({
    gotoolchain: { value: setting, origin: 'environment' },
    gotoolchainDefault: 'auto',
    go111module: env['GO111MODULE'] ?? '',
    local: { ...localToolchain(env['TESTGO_VERSION'] ?? `go${newest}`), rules: newest },
    platform,
    project: projectOf(script),
    pathHas: (name) =>
      simulatedOnPath || (env['PATH'] ?? '').split(':').some((dir) => programs.has(`${dir}/${name}`)),
    cached: (name) => switching || downloaded.has(name),
    downloads: 'on',
    sumdb: { gosumdb: env['GOSUMDB'] ?? '', goproxy: 'http://proxy.test' },
  });
}

/** Predicts the output of `go version` from the selection and the state of the script. */
function goVersion(script: ScriptState): Ran {
  const selection = select(script);
  const { wanted, outcome, pendingDownload } = selection;
  const lines = script.env['GODEBUG'] === 'toolchaintrace=1' ? [...selection.trace] : [];
  if (outcome === 'path' && !simulatesSwitches(script)) {
    const dir = script.env['PATH'] ?? '';
    if (lines.length > 0)
      lines.push(`go: using ${wanted} toolchain located in system PATH (${dir}/${wanted})`);
    // The fake program on PATH prints this and fails.
    return { stdout: '', stderr: [...lines, `running ${wanted} from PATH`].join('\n'), failed: true };
  }
  if (outcome === 'cached' && lines.length > 0)
    lines.push(`go: using ${wanted} toolchain from cache located at /x`);
  if (pendingDownload !== undefined) lines.push(`go: downloading ${wanted} (${platform})`);
  // The proxy of the scripts has only this toolchain.
  const missing = pendingDownload !== undefined && pendingDownload !== 'go1.999testmod';
  if (missing) lines.push(`go: download ${wanted} for ${platform}: toolchain not available`);
  else if (pendingDownload !== undefined) script.downloaded.add(pendingDownload);
  if (selection.error !== undefined) lines.push(selection.error);
  const failed = missing || selection.error !== undefined;
  return { stdout: failed ? '' : `go version ${wanted} ${platform}`, stderr: lines.join('\n'), failed };
}

/** Emulates `go mod edit` and `go work edit` with the two flags that the scripts use. */
function edit(script: ScriptState, file: string, flags: readonly string[]): 'prepared' | undefined {
  let text = script.files.get(`${script.cwd}/${file}`) ?? '';
  for (const flag of flags) {
    const [, key, value = ''] = /^-(go|toolchain)=(.*)$/.exec(flag) ?? [];
    if (key === undefined) return undefined;
    text = text.replace(new RegExp(`^${key} .*\n`, 'm'), '');
    if (value !== 'none') text += `${key} ${value}\n`;
  }
  script.files.set(`${script.cwd}/${file}`, text);
  return 'prepared';
}

/**
 * Emulates a go command: returns its output, `prepared` if it only changes state, or undefined if it is about
 * more than the selection of a toolchain.
 */
function go(script: ScriptState, args: readonly string[]): Ran | 'prepared' | undefined {
  const line = args.join(' ');
  const { files, cwd, env } = script;
  const switched = env['TESTGO_VERSION_SWITCH'];
  if (switched === 'mismatch' || switched === 'loop') return undefined;
  if (line === 'version') return goVersion(script);
  if (line === 'mod init m' || line === 'work init') {
    const file = line === 'work init' ? 'go.work' : 'go.mod';
    files.set(`${cwd}/${file}`, `${file === 'go.mod' ? 'module m\n' : ''}go ${select(script).effective}\n`);
    return 'prepared';
  }
  if (line.startsWith('mod edit ')) return edit(script, 'go.mod', args.slice(2));
  if (line.startsWith('work edit ')) return edit(script, 'go.work', args.slice(2));
  if (args[0] === 'build' && args[1] === '-o') {
    script.programs.add(args[2] ?? '');
    return 'prepared';
  }
  const refusal = line === 'build' ? select(script).tooOldError : undefined;
  return refusal === undefined ? undefined : { stdout: '', stderr: refusal, failed: true };
}

/** Evaluates the conditions of a step: a full (not short) test run on a system with a shell. */
function applies(conditions: readonly string[]): boolean {
  return !conditions.some((condition) => ['short', 'GOOS:plan9', '!exec:/bin/sh'].includes(condition));
}

/** `prepared`: the step changes state and states nothing; `skipped`: its statement is not about selection. */
type Result = 'held' | 'broken' | 'prepared' | 'skipped';

function play(script: ScriptState, step: StoryStep): Result {
  const { env, files } = script;
  const args = step.args.map((arg) => expandArgument(arg, env));
  switch (step.command) {
    case 'env':
      for (const setting of args) env[setting.split('=', 1)[0] ?? ''] = setting.replace(/^[^=]*=/, '');
      return 'prepared';
    case 'go': {
      const ran = go(script, args);
      script.ran = ran === 'prepared' ? undefined : ran;
      if (ran === undefined || ran === 'prepared') return ran ?? 'skipped';
      return ran.failed === (step.expect === '!') ? 'held' : 'broken';
    }
    case 'stdout':
    case 'stderr':
      if (script.ran === undefined) return 'skipped';
      return storyHolds(step, env, script.ran[step.command]) ? 'held' : 'broken';
    case 'grep': {
      // Checks the output of `go mod edit`, which is emulated here: not a check of the selection.
      const text = files.get(pathOf(script, storyMatch(step, env).rest[0] ?? ''));
      if (text === undefined) return 'skipped';
      return storyHolds(step, env, text) ? 'prepared' : 'broken';
    }
    case 'rm':
      // Without a cached checksum database go would use the network, which the scripts forbid.
      if (args.some((name) => name.endsWith('/sumdb'))) script.stopped = true;
      for (const name of args) files.delete(pathOf(script, name));
      return 'prepared';
    case 'cp':
      files.set(pathOf(script, args[1] ?? ''), files.get(pathOf(script, args[0] ?? '')) ?? '');
      return 'prepared';
    case 'mkdir':
    case 'skip':
    case 'stop':
      return 'prepared';
    default:
      script.ran = undefined;
      return 'skipped';
  }
}

function runScript(story: Story): Tally {
  const script = begin(story);
  const tally: Tally = { held: 0, broken: [], skipped: [] };
  for (const step of story.steps) {
    if (!applies(step.conditions)) continue;
    const result = script.stopped ? 'skipped' : play(script, step);
    const where = `${story.name}:${step.line}: ${step.text}`;
    if (result === 'held') tally.held++;
    else if (result === 'broken') tally.broken.push(`${where}\n    ${JSON.stringify(script.ran)}`);
    else if (result === 'skipped') tally.skipped.push(where);
  }
  return tally;
}

describe('the script tests gotoolchain_*.txt of the newest toolchain', async () => {
  const stories = readStories((await ensureToolchain(newest)).goroot, 'gotoolchain_');

  it.each(stories.map((story) => [story.name, story] as const))('hold in %s', (_, story) => {
    const { held, broken, skipped } = runScript(story);
    console.info(
      `${story.name}: ${held} statements hold, ${broken.length} do not, ${skipped.length} do not apply`,
    );
    expect(broken).toEqual([]);
  });

  it('exist, and most of their statements are about selection', () => {
    const tallies = stories.map(runScript);
    const sum = (count: (tally: Tally) => number): number =>
      tallies.reduce((total, tally) => total + count(tally), 0);
    console.info(
      `${stories.length} stories: ${sum((tally) => tally.held)} statements hold, ${sum((tally) => tally.skipped.length)} are not about selection`,
    );
    expect(sum((tally) => tally.held)).toBeGreaterThan(150);
    expect(sum((tally) => tally.held)).toBeGreaterThan(sum((tally) => tally.skipped.length));
  });

  it('contain go.mod files that parse without a problem', () => {
    const files = stories.flatMap(({ files }) => [...files].filter(([name]) => name.startsWith('go.mod')));
    expect(files.length).toBeGreaterThan(0);
    for (const [name, text] of files)
      expect([name, parseGoMod(Buffer.from(text)).problems]).toEqual([name, []]);
  });
});
