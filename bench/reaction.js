// From a change of a file to the new value on /metrics and the end of its span, debounce included: the real program on one target and on 200, looking
// by itself once an hour only, so that nothing but the announcement of the change makes it look. Five kinds of changes take turns.
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { untilPage } from './shared/exporter.js';
import { shares, startFleet } from './shared/fleet.js';
import { spanSink } from './shared/span-sink.js';

const program = path.resolve(import.meta.dirname, '../dist/godrift.js');
/** Changes of each kind and for each size of the fleet: 500 in all. */
const rounds = 50;
const patience = { everyMs: 4, limitMs: 60_000 };
/** What an exporter that polls each second would need, p99: nearly the whole second, and the look. */
const pollingMs = 1_000;

const goroot = () => execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim();

/** A Go tree of the target's own: links to the real one but for what is changed here. */
function ownTree(folder, real, flags) {
  mkdirSync(path.join(folder, 'bin'), { recursive: true });
  for (const name of ['VERSION', 'lib', 'pkg', 'src', 'test'])
    symlinkSync(path.join(real, name), path.join(folder, name));
  writeFileSync(path.join(folder, 'go.env'), `GOTOOLCHAIN=local\n${flags}`);
  for (const name of ['go', 'gofmt'])
    copyFileSync(path.join(real, 'bin', name), path.join(folder, 'bin', name));
}

/** Makes a file hold something else at once, as installers do. */
function replace(file, make) {
  make(`${file}.new`);
  renameSync(`${file}.new`, file);
}

/** A program in which Go's version is another one of the same length: what a rebuilt or exchanged one looks like. */
function otherVersion(file, version) {
  const bytes = readFileSync(file);
  const other = Buffer.from(version.slice(0, -1) + (version.endsWith('9') ? '8' : '9'));
  for (let at = bytes.indexOf(version); at >= 0; at = bytes.indexOf(version, at + 1)) other.copy(bytes, at);
  return bytes;
}

/** The changes of a target, there and back; each names the facet in which it is seen. */
function changesOf({ workspace, goenv, own, programs }) {
  const write = (file, value) => replace(file, (to) => writeFileSync(to, value, { mode: 0o755 }));
  return [
    { what: 'GOENV', facet: 'env', change: (on) => writeFileSync(goenv, on ? 'CGO_ENABLED=0\n' : '') },
    {
      what: 'go.mod',
      facet: 'modules',
      change: (on) =>
        write(
          path.join(workspace, 'go.mod'),
          `module example.com/service0\n\ngo 1.21\n${on ? 'require example.com/b v1.0.0\n' : ''}`,
        ),
    },
    {
      what: 'go binary',
      facet: 'toolchain',
      change: (on) => write(path.join(own, 'a/bin/go'), programs.go[Number(on)]),
    },
    {
      what: 'GOROOT link',
      facet: 'toolchain',
      change: (on) => replace(path.join(own, 'current'), (link) => symlinkSync(on ? 'b' : 'a', link)),
    },
    {
      what: 'tool',
      facet: 'tools',
      change: (on) => write(path.join(own, 'bin/tool'), programs.tool[Number(on)]),
    },
  ];
}

/** Where what is a target's own lies. */
const ownFolder = (workspace) => path.join(workspace, '..', `${path.basename(workspace)}.go`);

/** go and a tool that it built, each in two versions. */
function makePrograms(real, scratch) {
  const source = path.join(scratch, 'tool');
  mkdirSync(source);
  writeFileSync(path.join(source, 'go.mod'), 'module example.com/tool\n\ngo 1.21\n');
  writeFileSync(path.join(source, 'main.go'), 'package main\n\nfunc main() {}\n');
  execFileSync('go', ['build', '-o', 'tool', '.'], { cwd: source });
  const version = execFileSync('go', ['env', 'GOVERSION'], { cwd: source, encoding: 'utf8' }).trim();
  const two = (file) => [readFileSync(file), otherVersion(file, version)];
  return { go: two(path.join(real, 'bin/go')), tool: two(path.join(source, 'tool')) };
}

/** Prepares what a target has alone, and answers its variables. */
function prepare(workspace, real, { tool }) {
  const own = ownFolder(workspace);
  ownTree(path.join(own, 'a'), real, '');
  ownTree(path.join(own, 'b'), real, 'GOFLAGS=-trimpath\n');
  symlinkSync('a', path.join(own, 'current'));
  mkdirSync(path.join(own, 'bin'));
  writeFileSync(path.join(own, 'bin/tool'), tool[0], { mode: 0o755 });
  return { PATH: `${path.join(own, 'current/bin')}:/usr/bin:/bin`, GOBIN: path.join(own, 'bin') };
}

/** A quantile of times. */
function quantile(times, part) {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)];
}

/** Whether the page says of the facet that it drifted. */
function drifted(page, facet) {
  return page
    .split('\n')
    .some(
      (line) =>
        line.startsWith('godrift_drift_level{') && line.includes(`facet="${facet}"`) && !line.endsWith(' 0'),
    );
}

/** Has the state of a target be its baseline. */
function acceptBaseline({ home }, name) {
  const env = { HOME: home, PATH: process.env.PATH, GODRIFT_STATE_DIRECTORY: path.join(home, 'state') };
  const args = ['baseline', 'accept', '--target', name, '--reason', 'bench'];
  execFileSync(process.execPath, [program, ...args, `--config.file=${path.join(home, 'godrift.yml')}`], {
    env,
  });
}

/** Resolves once a process does next to nothing: what it does at its start is over. */
async function untilIdle(pid) {
  for (let tries = 0; tries < 120; tries++) if ((await shares([pid], 2))[0] < 0.03) return;
  throw new Error('the exporter never came to rest');
}

/** Times from each change to the page and to the end of its span, ms, by kind. */
async function measure(count, sink, real, programs) {
  let made = false;
  const fleet = await startFleet(program, count, {
    interval: '1h',
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.url },
    variables(workspace) {
      if (made) return {};
      made = true;
      return prepare(workspace, real, programs);
    },
  });
  try {
    const [{ name, workspace }] = fleet.targets;
    await untilIdle(fleet.pid);
    acceptBaseline(fleet, name);
    await untilIdle(fleet.pid);
    const url = `${fleet.url.replace('/metrics', '/probe')}?target=${name}`;
    const goenv = path.join(fleet.home, `${name}.goenv`);
    const times = [];
    for (const { what, facet, change } of changesOf({
      workspace,
      goenv,
      own: ownFolder(workspace),
      programs,
    })) {
      for (let round = 0; round < rounds; round++) {
        const on = round % 2 === 0;
        const began = performance.timeOrigin + performance.now();
        const start = performance.now();
        change(on);
        await untilPage(url, (page) => drifted(page, facet) === on, patience);
        times.push({ what, began, page: performance.now() - start });
      }
    }
    await delay(2_000); // the last batch of spans
    const ends = sink.ended.get(name) ?? [];
    return times.map((one) => ({ ...one, span: ends.find((end) => end >= one.began) - one.began }));
  } finally {
    await fleet.stop();
  }
}

export default {
  name: 'reaction',
  async run() {
    if (process.platform !== 'linux') return [];
    const real = goroot();
    const scratch = mkdtempSync(path.join(tmpdir(), 'godrift-bench-reaction-'));
    const programs = makePrograms(real, scratch);
    rmSync(scratch, { recursive: true });
    const rows = [];
    for (const [count, budget] of [
      [1, 100],
      [200, 250],
    ]) {
      const sink = await spanSink();
      const times = await measure(count, sink, real, programs);
      await sink.close();
      // Onsets alone have spans of this name: what is put back is told as an end.
      const onsets = times.filter((_, index) => index % 2 === 0);
      for (const what of new Set(times.map((one) => one.what)))
        rows.push({
          what: `${count}: ${what}, p50`,
          value: `${quantile(
            times.filter((one) => one.what === what).map((one) => one.page),
            0.5,
          ).toFixed(0)} ms`,
        });
      const page = quantile(
        times.map((one) => one.page),
        0.99,
      );
      const span = quantile(
        onsets.map((one) => one.span),
        0.99,
      );
      for (const [what, value] of [
        ['page', page],
        ['end of the span', span],
      ])
        rows.push({
          what: `${times.length} changes, ${count} targets: to the ${what}, p99`,
          value: `${value.toFixed(0)} ms`,
          peer: `polling ${pollingMs} ms`,
          ratio: value / pollingMs,
          budget: `< ${budget} ms`,
          ok: value < budget,
        });
    }
    return rows;
  },
};
