/**
 * A noisy week, recorded from the real exporter: one exporter over many targets, each with an environment file of its own, of
 * which each is changed once. What its page says of a target before and after is what the week is made of (test/e2e/replay.test.ts).
 */
import { appendFileSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { type Exporter, eventually, makeWorld, seriesOf, startExporter } from './godrift.ts';
import type { Toolchain } from './toolchains.ts';

/** Everything of a target that a change may touch. */
export interface Place {
  readonly home: string;
  readonly workspace: string;
  /** The environment that its file publishes. */
  readonly env: Record<string, string>;
  /** Writes into the workspace. */
  write(name: string, text: string): void;
  goenv(text: string): void;
  /** Makes another toolchain the first on PATH. */
  use(toolchain: Toolchain): void;
}

/** One kind of change. */
export interface Change {
  /** Name of its target. */
  readonly name: string;
  readonly change: (place: Place) => void;
}

export interface Noise {
  readonly exporter: Exporter;
  /** What the page says of each target, once the exporter has looked again: a line a series, without values of time. */
  pages(): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Makes changes, each at the target of its name. */
  make(changes: readonly Change[]): void;
}

function placeOf(root: string, name: string, toolchain: Toolchain): Place {
  const home = join(root, 'targets', name);
  const workspace = join(home, 'app');
  mkdirSync(join(home, 'sdk'), { recursive: true });
  mkdirSync(workspace);
  mkdirSync(join(home, '.config/go'), { recursive: true });
  const place: Place = {
    home,
    workspace,
    env: {
      HOME: home,
      PATH: `${join(home, 'sdk/current/bin')}:/usr/bin:/bin`,
      SHELL: '/bin/bash',
      TERM: 'xterm',
    },
    write: (file, text) => writeFileSync(join(workspace, file), text),
    goenv: (text) => writeFileSync(join(home, '.config/go/env'), text),
    use: ({ goroot }) => {
      const link = join(home, 'sdk/current');
      rmSync(link, { force: true });
      symlinkSync(goroot, link);
    },
  };
  place.use(toolchain);
  place.goenv('GOPRIVATE=corp.example.com\nGOFLAGS=-trimpath\n');
  place.write('go.mod', 'module example.com/app\n\ngo 1.21\n');
  place.write('app.go', 'package app\n');
  return place;
}

const environmentFile = ({ home }: Place) => join(home, 'environ');
const publish = (place: Place) =>
  writeFileSync(
    environmentFile(place),
    Object.entries(place.env)
      .map(([name, value]) => `${name}=${value}\0`)
      .join(''),
  );

/** What alerts read, but for times: those are of the run, not of the story. */
const read =
  /^godrift_(target_info|collector_success|toolchain_(info|deviation)|env_(info|required_missing)|facet_entries|drift_(level|change_ratio|semantic_distance|entry_info)|conflicts|conflict_info|tool_behind|cache_(corrupt|rebound)\w*)$/;

function seriesByTarget(page: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const line of page.split('\n')) {
    const [, name = '', target = ''] = /^(godrift_\w+)\{target="([^"]+)"/.exec(line) ?? [];
    if (target === '' || !read.test(name)) continue;
    found.set(target, [...(found.get(target) ?? []), line]);
  }
  return found;
}

/** Starts the exporter over a target for each change, all alike, and waits until each has learned its baseline. */
export async function startNoise(toolchain: Toolchain, changes: readonly Change[]): Promise<Noise> {
  const world = makeWorld(toolchain);
  const places = new Map(changes.map(({ name }) => [name, placeOf(world.home, name, toolchain)]));
  for (const place of places.values()) publish(place);
  const targets = [...places].map(([name, place]) => ({
    name,
    workspace: place.workspace,
    environment: { from: 'file', path: environmentFile(place) },
    pool: 'ci',
    required: ['GOPRIVATE'],
  }));
  const config = join(world.home, 'godrift.yml');
  writeFileSync(config, stringify({ interval: '1s', targets }));
  const exporter = await startExporter(world, ['--config.file', config]);
  const pages = async () => {
    const passes = async () => seriesOf(await exporter.metrics(), 'godrift_passes_total') ?? 0;
    const goal = (await passes()) + 3;
    await eventually('three passes', async () => (await passes()) >= goal, 60_000);
    return seriesByTarget(await exporter.metrics());
  };
  await eventually(
    'a baseline for each target',
    async () =>
      ((await exporter.metrics()).match(/^godrift_baseline_info/gm)?.length ?? 0) === changes.length,
    60_000,
  );
  const make = (list: readonly Change[]) => {
    for (const { name, change } of list) {
      const place = places.get(name) as Place;
      change(place);
      publish(place);
    }
  };
  return { exporter, pages, make };
}

const links = (place: Place, name: string, goroot: string) => {
  mkdirSync(join(place.home, name));
  symlinkSync(join(goroot, 'bin/go'), join(place.home, name, 'go'));
  place.env['PATH'] = `${place.env['PATH']}:${join(place.home, name)}`;
};

/** Changes that mean nothing to a build: after them the same sources become the same program. */
export const harmless = (own: Toolchain, patched: Toolchain, older: Toolchain): readonly Change[] => [
  { name: 'patch-release', change: (place) => place.use(patched) },
  { name: 'older-go-behind', change: (place) => links(place, 'old', older.goroot) },
  { name: 'same-go-again', change: (place) => links(place, 'again', own.goroot) },
  { name: 'goroot-said', change: (place) => Object.assign(place.env, { GOROOT: own.goroot }) },
  {
    name: 'goenv-comments',
    change: (place) =>
      place.goenv('# by hand\n\nGOPRIVATE=corp.example.com\n#GOFLAGS=-mod=mod\nGOFLAGS=-trimpath\n'),
  },
  {
    name: 'goenv-order',
    change: (place) => place.goenv('GOFLAGS=-trimpath\nGOPRIVATE=corp.example.com\n'),
  },
  {
    name: 'goenv-twice',
    change: (place) => place.goenv('GOFLAGS=-v\nGOPRIVATE=corp.example.com\nGOFLAGS=-trimpath\n'),
  },
  {
    name: 'goenv-empty',
    change: (place) =>
      place.goenv('GOPRIVATE=corp.example.com\nGOFLAGS=-trimpath\nGOOS=\nGOPATH=\nGOTOOLCHAIN=\n'),
  },
  { name: 'process-agrees', change: (place) => Object.assign(place.env, { GOPRIVATE: 'corp.example.com' }) },
  { name: 'default-said', change: (place) => Object.assign(place.env, { GOTOOLCHAIN: 'auto' }) },
  {
    name: 'empty-variables',
    change: (place) => Object.assign(place.env, { GOOS: '', GOEXPERIMENT: '', GOPATH: '', GO111MODULE: '' }),
  },
  {
    name: 'foreign-variables',
    change: (place) =>
      Object.assign(place.env, { EDITOR: 'vim', LANG: 'C.UTF-8', BUILD_NUMBER: '4711', GOVERSION: 'x' }),
  },
  {
    name: 'other-shell',
    change: (place) => Object.assign(place.env, { SHELL: '/usr/bin/zsh', TERM: 'dumb' }),
  },
  {
    name: 'in-an-ide',
    change: (place) => Object.assign(place.env, { TERM_PROGRAM: 'vscode', VSCODE_PID: '4711' }),
  },
  { name: 'in-ci', change: (place) => Object.assign(place.env, { CI: 'true', GITHUB_ACTIONS: 'true' }) },
  {
    name: 'gomod-comment',
    change: (place) =>
      place.write('go.mod', '// the module\nmodule example.com/app\n\ngo 1.21 // as it was\n'),
  },
  {
    name: 'gomod-older-floor',
    change: (place) => place.write('go.mod', 'module example.com/app\n\ngo 1.20\n'),
  },
  { name: 'sources', change: (place) => place.write('more.go', 'package app\n\nvar More = 1\n') },
  { name: 'readme', change: (place) => place.write('README.md', '# app\n') },
  {
    name: 'log-grows',
    change: (place) => appendFileSync(join(place.workspace, 'build.log'), 'ok\n'.repeat(1000)),
  },
  { name: 'file-called-go', change: (place) => place.write('go', 'to do\n') },
];

/** What must be told: somebody would build something else, or nothing. */
export const harmful = (newer: Toolchain): readonly Change[] => [
  { name: 'minor-release', change: (place) => place.use(newer) },
  {
    name: 'cgo-off',
    change: (place) => place.goenv('GOPRIVATE=corp.example.com\nGOFLAGS=-trimpath\nCGO_ENABLED=0\n'),
  },
  { name: 'flags-left', change: (place) => place.goenv('GOPRIVATE=corp.example.com\nGOFLAGS=-mod=mod\n') },
  { name: 'other-target', change: (place) => Object.assign(place.env, { GOARCH: 'arm64' }) },
  { name: 'flags-lost', change: (place) => place.goenv('GOPRIVATE=corp.example.com\n') },
  { name: 'required-lost', change: (place) => place.goenv('GOFLAGS=-trimpath\n') },
  { name: 'modules-off', change: (place) => Object.assign(place.env, { GO111MODULE: 'off' }) },
  { name: 'unknown-flag', change: (place) => place.goenv('GOPRIVATE=corp.example.com\nGOFLAGS=-nosuch\n') },
];
