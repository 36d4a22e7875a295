// The facet `modules` of a workspace with 500 modules: made anew (go is asked) and unchanged (nobody is), beside `go list` by itself.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { peakMb } from './shared/peak.js';

const count = 500;
const rounds = 15;
const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];

/** Modules that require a few others each, as `.mod` and `.info` files of a module cache; extracted with a handful of files. */
function makeWorkspace(home) {
  const cache = path.join(home, 'go/pkg/mod');
  const workspace = path.join(home, 'app');
  mkdirSync(workspace, { recursive: true });
  const sums = [];
  const name = (index) => `example.com/group${index % 20}/module${index}`;
  for (let index = 0; index < count; index++) {
    const requires = [1, 7, 31].map((step) => index + step).filter((other) => other < count);
    const mod = `module ${name(index)}\n\ngo 1.21\n\nrequire (\n${requires.map((other) => `\t${name(other)} v1.2.3\n`).join('')})\n`;
    const versions = path.join(cache, 'cache/download', name(index), '@v');
    mkdirSync(versions, { recursive: true });
    writeFileSync(path.join(versions, 'v1.2.3.mod'), mod);
    writeFileSync(path.join(versions, 'v1.2.3.info'), '{"Version":"v1.2.3","Time":"2024-01-01T00:00:00Z"}');
    const hex = createHash('sha256').update(mod).digest('hex');
    const h1 = createHash('sha256').update(`${hex}  go.mod\n`).digest('base64');
    sums.push(`${name(index)} v1.2.3/go.mod h1:${h1}\n`, `${name(index)} v1.2.3 h1:${h1}\n`);
    writeFileSync(path.join(versions, 'v1.2.3.ziphash'), `h1:${h1}`);
    const tree = path.join(cache, `${name(index)}@v1.2.3`);
    mkdirSync(tree, { recursive: true });
    for (let file = 0; file < 20; file++) writeFileSync(path.join(tree, `f${file}.go`), 'package m\n');
  }
  const requires = Array.from({ length: count }, (_, index) => `\t${name(index)} v1.2.3\n`).join('');
  const gomod = `module example.com/app\n\ngo 1.21\n\nrequire (\n${requires})\n`;
  writeFileSync(path.join(workspace, 'go.mod'), gomod);
  writeFileSync(path.join(workspace, 'go.sum'), sums.join(''));
  return { workspace, gomod };
}

export default {
  name: 'modules',
  async run({ load }) {
    const home = mkdtempSync(path.join(tmpdir(), 'godrift-bench-modules-'));
    const { workspace, gomod } = makeWorkspace(home);
    const env = { HOME: home, PATH: process.env.PATH, GOPROXY: 'off' };
    const [{ observe }, { readMachine }, { isUnchanged, recordTrace, thisMoment }] = await load(
      'observe/observer',
      'host/machine',
      'host/read-trace',
    );
    for (const key of Object.keys(process.env)) if (/^GO|^XDG/.test(key)) delete process.env[key];
    Object.assign(process.env, env);
    const target = {
      name: 'bench',
      workspace,
      environment: { from: 'self' },
      pool: '',
      baseline: 'auto',
      pins: { goMod: 'floor', tools: {} },
      required: [],
    };
    const clock = () => performance.timeOrigin + performance.now();
    // As an exporter looks, which keeps what it was told while the answers of the file system stay.
    const look = () => recordTrace(() => observe(target, readMachine(), clock));
    const collect = async () => {
      const { observation } = (await look()).value;
      const run = observation.runs.find((one) => one.collector === 'modules');
      const listed = run.commands.reduce((sum, one) => sum + one.end - one.start, 0);
      return {
        ms: run.end - run.start,
        listed,
        commands: run.commands.length,
        modules: observation.modules.facts.list.length,
      };
    };

    // What the first pass of an exporter or a check takes, with the audit of extracted files that belongs to it.
    const first = await collect();
    const anew = [];
    const unchanged = [];
    let commands = 0;
    for (let round = 0; round < rounds; round++) {
      writeFileSync(path.join(workspace, 'go.mod'), `${gomod}// ${round}\n`);
      const made = await collect();
      anew.push(made.ms - made.listed);
      const again = await collect();
      unchanged.push(again.ms);
      commands += again.commands;
    }
    const { trace } = await look();
    const settled = [];
    for (let round = 0; round < rounds; round++) {
      const start = performance.now();
      if (!isUnchanged(trace, thisMoment())) throw new Error('an unchanged workspace looks otherwise');
      settled.push(performance.now() - start);
    }
    const bare = [];
    const goEnv = { ...env, GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local', GOSUMDB: 'off' };
    for (let round = 0; round < rounds; round++) {
      const start = performance.now();
      execFileSync('go', ['list', '-m', '-e', '-json', 'all'], { cwd: workspace, env: goEnv });
      bare.push(performance.now() - start);
    }
    const memory = peakMb([path.resolve(import.meta.dirname, '../dist/godrift.js'), 'check'], {
      cwd: workspace,
      env,
    });
    rmSync(home, { recursive: true, force: true });
    const list = median(bare);
    const beyond = median(anew);
    const same = median(unchanged);
    const peer = `go list ${list.toFixed(0)} ms`;
    return [
      {
        what: `${first.modules} modules, first pass beyond go list`,
        value: `${(first.ms - first.listed).toFixed(0)} ms`,
        peer,
        ratio: (first.ms - first.listed) / list,
      },
      {
        what: 'go.mod changed, beyond go list',
        value: `${beyond.toFixed(1)} ms`,
        peer,
        ratio: beyond / list,
        budget: '< 100 ms',
        ok: beyond < 100,
      },
      {
        what: `nothing changed, ${commands} subprocesses`,
        value: `${same.toFixed(2)} ms`,
        peer,
        ratio: same / list,
        budget: '< 5 ms, 0',
        ok: same < 5 && commands === 0,
      },
      {
        what: 'nothing changed, by stat alone (whole target)',
        value: `${median(settled).toFixed(2)} ms`,
        peer,
        ratio: median(settled) / list,
        budget: '< 5 ms',
        ok: median(settled) < 5,
      },
      { what: 'check, peak memory', value: `${memory.toFixed(0)} MB`, budget: '< 80 MB', ok: memory < 80 },
    ];
  },
};
