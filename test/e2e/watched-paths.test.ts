/**
 * Changes every path that an observation of real targets reads, one after the other, while a built exporter
 * runs whose next pass is an hour away: each change and its reversal must be announced. Paths without inotify
 * events, or outside of the test's world, are in lists here, with reasons.
 */
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { readMachine } from '../../src/host/machine.ts';
import { isLive, listsNames, recordTrace, type TraceEntry } from '../../src/host/read-trace.ts';
import { observe } from '../../src/observe/observer.ts';
import type { TargetSettings } from '../../src/observe/target.ts';
import { eventually, makeWorld, seriesOf } from '../lab/godrift.ts';
import { type HandMade, sumLines, writeProxy } from '../lab/module-proxy.ts';
import { startsExporters } from '../lab/running.ts';
import { buildTool } from '../lab/tool-programs.ts';
import { cloneToolchain, runGo, scratch } from '../lab/toolchains.ts';

const started = startsExporters('SIGKILL');

const dependency: HandMade = { path: 'example.com/dep', version: 'v1.0.0' };
const project = (name: string) => ({
  'go.mod': `module example.com/${name}\n\ngo 1.21\n\nrequire example.com/dep v1.0.0\n`,
  'go.sum': sumLines([dependency]),
  'main.go': 'package main\n\nimport _ "example.com/dep"\n\nfunc main() {}\n',
});

/**
 * Three projects of one user (building from the module cache, with a vendor directory, in a go.work), a
 * toolchain behind a symlink, and tools.
 */
async function furnish() {
  const world = makeWorld(undefined, {});
  const { home } = world;
  const write = (files: Readonly<Record<string, string>>, below: string) => {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(home, below, name)), { recursive: true });
      writeFileSync(join(home, below, name), text);
    }
  };
  const go = await cloneToolchain('1.27.4', join(home, 'sdk/go1.27.4'));
  symlinkSync('sdk/go1.27.4', join(home, 'go-current'));
  const proxy = scratch('proxy');
  writeProxy(proxy, [dependency]);
  const env = {
    HOME: home,
    GOFLAGS: '-modcacherw',
    GOSUMDB: 'off',
    GOPROXY: `file://${proxy}`,
    GOTOOLCHAIN: 'local',
  };
  const run = async (below: string, ...args: string[]) => {
    const done = await runGo(go, args, { cwd: join(home, below), env });
    expect(done.exitCode, done.stderr).toBe(0);
  };
  for (const name of ['cached', 'vendored', 'joined/one']) write(project(basename(name)), `src/${name}`);
  write({ 'go.work': 'go 1.21\n\nuse ./one\n', '.git/HEAD': 'ref: refs/heads/main\n' }, 'src/joined');
  await run('src/cached', 'mod', 'download', 'example.com/dep@v1.0.0');
  await run('src/vendored', 'mod', 'vendor');
  write(
    {
      '.go-version': '1.27.4\n',
      '.tool-versions': 'golang 1.27.4\n',
      'mise.toml': '[tools]\ngo = "1.27.4"\n',
    },
    'src/cached',
  );
  write({ '.godrift.yml': 'required: [GOPRIVATE]\n' }, 'src/vendored');
  write({ 'go/env': 'GOPRIVATE=corp.example.com\n' }, '.config');
  write({ env: 'GOPRIVATE=corp.example.com\n' }, 'settings');
  await buildTool(go, join(home, 'go/bin/gopls'), { path: 'golang.org/x/tools/gopls', version: 'v0.21.1' });
  mkdirSync(join(home, 'bin'));
  for (const name of ['gcc', 'g++']) copyFileSync('/bin/true', join(home, 'bin', name));
  mkdirSync(join(home, '.cache/go-build/00'), { recursive: true });
  const own = {
    cached: '',
    vendored: 'GOFLAGS=-mod=vendor\0',
    joined: `GOENV=${join(home, 'settings/env')}\0`,
  };
  const targets = Object.entries(own).map(([name, more]): TargetSettings => {
    const path = join(home, `environ-${name}`);
    const PATH = ['go-current/bin', 'go/bin', 'bin'].map((one) => join(home, one)).join(':');
    writeFileSync(path, `HOME=${home}\0PATH=${PATH}\0GOPROXY=off\0${more}`);
    return {
      name,
      workspace: join(home, 'src', name),
      environment: { from: 'file', path },
      pool: '',
      baseline: 'auto',
      pins: { goMod: 'floor', tools: {} },
      required: [],
      tools: [],
    };
  });
  return { world, targets };
}

/**
 * Trace entries that stat(2) cannot check, by the prefix of their names. Only
 * these are evaluated again in each pass.
 */
const askedEachPass: Readonly<Record<string, string>> = {
  'access of': 'who may write is also decided by mounts and by the user, which announce nothing',
  'room for': 'a disk that fills up raises no event',
  'noexec at': 'an option of a mount, which announces nothing',
  'go.mod ': 'the module cache holds too many files for a watch on each: they are compared in turns',
  'module ': 'as above',
  'module cache': 'as above',
  'vendor tree': 'as above',
  'imports ': 'files of source are too many for a watch on each: their stamps are compared with every pass',
  editors: 'running processes are no files',
};

/** Paths of the host that a test may not change. They are watched by the same code as all others. */
const ofTheHost = [
  /^\/etc\/os-release$/,
  /^\/bin\/bash$/,
  /^\/\.dockerenv$/,
  /^\/run\/\.containerenv$/,
  // Searched up to the root of the file system: settings of go, of mise and of version managers.
  /^\/(tmp\/(godrift-test\/)?)?(\.git|go\.mod|go\.work|\.go-version|\.tool-versions|(\.config\/|\.mise\/|mise\/)?\.?mise(\.local)?\.toml|(\.mise|mise|\.config\/mise)\/config\.toml)$/,
];
/** Kernel files, which raise no inotify events (proc(5)). */
const ofTheKernel = /^\/proc\/1\/cgroup$/;

/**
 * Replaces a file by a copy of itself. Files of toolchains are hard links,
 * so they must not be written in place.
 */
function replace(file: string): void {
  copyFileSync(file, `${file}.new`);
  chmodSync(`${file}.new`, statSync(file).mode);
  renameSync(`${file}.new`, file);
}

/** Changes the file at a path, or creates it if it is absent; returns a function that reverts the change. */
function change(file: string, names: boolean): () => void {
  const link = lstatSync(file, { throwIfNoEntry: false });
  const stat = statSync(file, { throwIfNoEntry: false });
  if (link?.isSymbolicLink() === true) {
    const turn = () => {
      symlinkSync(readlinkSync(file), `${file}.new`);
      renameSync(`${file}.new`, file);
    };
    turn();
    return turn;
  }
  if (stat === undefined) {
    const made = mkdirSync(dirname(file), { recursive: true }) ?? file;
    writeFileSync(file, '', { mode: 0o755 });
    return () => rmSync(made, { recursive: true });
  }
  if (names) {
    writeFileSync(join(file, 'came'), '');
    return () => rmSync(join(file, 'came'));
  }
  if (stat.isDirectory()) {
    chmodSync(file, 0o700);
    return () => chmodSync(file, stat.mode);
  }
  if (stat.nlink > 1) replace(file);
  else if ((stat.mode & 0o111) !== 0) chmodSync(file, 0o700);
  else writeFileSync(file, readFileSync(file));
  return () => {
    replace(file);
    chmodSync(file, stat.mode);
  };
}

interface Announcement {
  readonly msg?: string;
  readonly targets?: string;
  readonly files?: string;
}

/** Returns the log lines that announce changes. */
const announcementsIn = (log: string): readonly Announcement[] =>
  log.split('\n').flatMap((line) => {
    if (!line.includes('"change announced"')) return [];
    try {
      return [JSON.parse(line) as Announcement];
    } catch {
      return []; // the line is not complete yet
    }
  });

/** Reports whether a log line names a path: the path itself, a parent directory, or a name in it. */
const tells = (file: string, names: boolean, { files = '' }: Announcement) =>
  files
    .split(',')
    .some((one) => one === file || file.startsWith(`${one}/`) || (names && dirname(one) === file));

/**
 * Returns the paths that an observation of a target reads; fails if one is
 * neither in the world nor in a list above.
 */
async function asked(settings: TargetSettings, home: string): Promise<readonly TraceEntry[]> {
  const machine = readMachine();
  const { trace, value } = await recordTrace(() => observe(settings, machine, Date.now));
  for (const facet of ['toolchain', 'env', 'modules', 'tools'] as const)
    expect(value.observation[facet].status, `${settings.name} ${facet}`).toBe('ok');
  const isListed = ({ name, stamp }: TraceEntry) =>
    isLive(stamp)
      ? Object.keys(askedEachPass).some((one) => name.startsWith(one))
      : ofTheKernel.test(name) || ofTheHost.some((one) => one.test(name));
  const mine = trace.entries.filter(({ name, stamp }) => !isLive(stamp) && name.startsWith(`${home}/`));
  const others = trace.entries.filter((entry) => !mine.includes(entry));
  expect(others.filter((entry) => !isListed(entry)).map(({ name }) => name)).toEqual([]);
  // A second observation, which uses remembered results, must depend on the same paths.
  const again = await recordTrace(() => observe(settings, machine, Date.now));
  const names = new Set(again.trace.entries.map(({ name }) => name));
  expect(trace.entries.map(({ name }) => name).filter((name) => !names.has(name))).toEqual([]);
  return mine;
}

/** How often a path is changed before it counts as not announced. */
const attempts = 3;

it('a change of every path that an observation reads is announced, and so is its reversal', async () => {
  const { world, targets } = await furnish();
  const { home } = world;
  const done = new Set<string>();
  const silent: string[] = [];
  for (const settings of targets) {
    const { name, workspace, environment } = settings;
    const entries = await asked(settings, home);
    const config = join(home, 'godrift.yml');
    writeFileSync(config, stringify({ interval: '1h', targets: [{ name, workspace, environment }] }));
    const exporter = await started(world, [
      '--config.file',
      config,
      '--log.level',
      'debug',
      '--log.format',
      'json',
    ]);
    const seen = async (family: string) => seriesOf(await exporter.metrics(), `godrift_${family}`) ?? 0;
    const probe = join(home, `environ-${name}`);
    /**
     * Runs `act` on a path and then changes a probe file. Events come in order, so the first change was
     * missed if only the probe is announced.
     */
    const runAndProbe = async <T>(file: string, names: boolean, act: () => T) => {
      const from = exporter.output().length;
      const acted = act();
      replace(probe);
      const told = await eventually(`the probe to be announced after ${file}`, async () => {
        const lines = announcementsIn(exporter.output().slice(from));
        return lines.some((line) => tells(probe, false, line)) ? lines : undefined;
      });
      return { acted, told: told.some((line) => tells(file, names, line)) };
    };
    const paths = [
      ...entries.map((entry) => [entry.name, listsNames(entry)] as const),
      [join(home, 'go-current'), false] as const,
    ].filter(([file]) => !done.has(file));
    for (const [file, names] of paths) {
      done.add(file);
      // An earlier pass may still be setting watches. The pass after it finds the missed change, and a
      // further attempt is announced.
      let missed: readonly string[] = [];
      for (let attempt = 0; attempt === 0 || (missed.length > 0 && attempt < attempts); attempt++) {
        const changed = await runAndProbe(file, names, () => change(file, names));
        // Taken before the change, because the pass may end as soon as its log line is read.
        const now = Date.now() / 1000;
        const back = await runAndProbe(file, names, changed.acted);
        missed = [
          ...(changed.told ? [] : [`a change of ${file}`]),
          ...(back.told ? [] : [`the reversal of ${file}`]),
        ];
        // Waits for the pass to end: an observation of a half-changed target would read other paths.
        await eventually(
          `a pass after ${file}`,
          async () => (await seen('collector_last_success_timestamp_seconds')) > now,
        );
      }
      silent.push(...missed);
    }
    await exporter.stop();
  }
  expect(silent).toEqual([]);
  expect(done.size).toBeGreaterThan(150);
});
