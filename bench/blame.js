// A world of `godrift blame`: what the layers cost beside the bare command in a warm cache, and how long the first one takes to be made for a workspace of 500 modules.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const modules = 500;
const rounds = 7;

/** A go.work of so many modules, each with one package. */
function makeWorkspace(home) {
  const workspace = path.join(home, 'work');
  const names = Array.from({ length: modules }, (_, index) => `m${index}`);
  for (const name of names) {
    mkdirSync(path.join(workspace, name), { recursive: true });
    writeFileSync(path.join(workspace, name, 'go.mod'), `module example.com/${name}\n\ngo 1.21\n`);
    writeFileSync(path.join(workspace, name, 'one.go'), `package ${name}\n\nfunc One() int { return 1 }\n`);
  }
  writeFileSync(
    path.join(workspace, 'go.work'),
    `go 1.21\n\nuse (\n${names.map((name) => `\t./${name}\n`).join('')})\n`,
  );
  return workspace;
}

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];

async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

export default {
  name: 'blame',
  async run({ load }) {
    const [{ openSandbox }] = await load('host/sandbox/sandbox');
    const home = mkdtempSync(path.join(tmpdir(), 'godrift-bench-blame-'));
    const directory = makeWorkspace(home);
    const cache = path.join(home, '.cache/go-build');
    mkdirSync(cache, { recursive: true });
    const env = { HOME: home, PATH: process.env.PATH, GOTOOLCHAIN: 'local', GOPROXY: 'off', GOFLAGS: '' };
    const command = ['go', 'build', ...Array.from({ length: modules }, (_, index) => `./m${index}`)];
    const bare = () => execFileSync(command[0], command.slice(1), { cwd: directory, env, stdio: 'ignore' });
    bare();
    const opened = {
      written: [home, directory],
      temporary: ['/tmp', '/var/tmp'],
      kept: [cache],
      hasNetwork: false,
    };
    let sandbox;
    const setUp = await timed(async () => {
      sandbox = await openSandbox(opened);
    });
    if ('missing' in sandbox) {
      rmSync(home, { recursive: true });
      return [{ what: `no world can be made here: ${sandbox.missing}`, value: '-' }];
    }
    const inWorld = async () => {
      const ended = await sandbox.run({
        command,
        directory,
        env: new Map(Object.entries(env)),
        edits: [],
        kept: 'bench',
        limitMs: 600_000,
      });
      if (ended.exitCode !== 0) throw new Error(JSON.stringify(ended));
    };
    await inWorld();
    const [alone, within] = [[], []];
    for (let round = 0; round < rounds; round++) {
      alone.push(await timed(async () => bare()));
      within.push(await timed(inWorld));
    }
    await sandbox.end();
    rmSync(home, { recursive: true });
    const [one, other] = [median(alone), median(within)];
    const ms = (value) => `${value.toFixed(0)} ms`;
    return [
      {
        what: `a world, go build of ${modules} modules`,
        value: ms(other),
        peer: `bare ${ms(one)}`,
        ratio: other / one,
        budget: '<= 1.3',
        ok: other / one <= 1.3,
      },
      {
        what: `the first world is made, ${modules} modules`,
        value: ms(setUp),
        budget: '< 1 s',
        ok: setUp < 1000,
      },
    ];
  },
};
