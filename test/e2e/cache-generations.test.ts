/**
 * Rollback and generations of a build cache, with a real go that builds before, during and after each
 * operation.
 */
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  answer,
  type BuildSite,
  damageArchives,
  fileOf,
  makeBuildSite,
  outputsIn,
  overwrite,
  wrongBySha256sum,
} from '../lab/build-cache.ts';
import { eventually, godrift, makeWorld, startExporter } from '../lab/godrift.ts';
import { ensureToolchain, runGo, scratch, type Toolchain, toolchainVersions } from '../lab/toolchains.ts';
import { type Tree, treeOf } from '../lab/tree.ts';

let go127: Toolchain;
beforeAll(async () => {
  go127 = await ensureToolchain('1.27.4');
});

const wrong = 'x'.repeat(answer.length);
const store = (site: BuildSite) => `${site.cache}.generations`;

async function generations(site: BuildSite, ...args: string[]) {
  const ran = await godrift(site.world, ['cache', 'generations', ...args, '--json']);
  return { ...ran, document: ran.exitCode === 2 ? {} : JSON.parse(ran.stdout) };
}

/**
 * Adopts a cache. Retries while another build on this machine, whose GOCACHE is unknown, blocks the adoption.
 */
async function adopt(site: BuildSite): Promise<void> {
  let why = '';
  await eventually('the cache to be adopted', async () => {
    const { document } = await generations(site, 'adopt');
    why = document.why ?? '';
    return document.result === 'applied';
  }).catch((error: unknown) => {
    throw new Error(why, { cause: error });
  });
}

async function expectChain({ world }: BuildSite): Promise<void> {
  expect((await godrift(world, ['events', '--verify'])).exitCode).toBe(0);
}

describe('a rollback of the build cache', () => {
  it('removes only the damaged files; the next build produces the right program', async () => {
    const site = await makeBuildSite(go127);
    expect(await site.build()).toBe(answer);
    const bad = damageArchives(site.cache, answer, wrong);
    expect(bad.length).toBeGreaterThan(0);
    expect(await site.build()).toBe(wrong);
    const before = treeOf(site.cache);
    const plan = await godrift(site.world, ['rollback', '--facet', 'cache', '--dry-run']);
    expect(plan).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('drop-output') });
    expect(wrongBySha256sum(site.cache).length).toBeGreaterThan(0);
    const done = await godrift(site.world, ['rollback', '--facet', 'cache', '--yes', '--json']);
    expect(done).toMatchObject({ exitCode: 0, stderr: '' });
    const document = JSON.parse(done.stdout);
    expect(document).toMatchObject({ result: 'applied', facet: 'cache', refusals: [], left: [] });
    expect(document).not.toHaveProperty('record');
    const gone = new Set(document.steps.map(({ path }: { path: string }) => path));
    const others = [...before].filter(([name]) => !gone.has(join(site.cache, name)));
    expect(gone.size).toBeGreaterThan(1);
    expect(treeOf(site.cache)).toEqual(new Map(others));
    expect(wrongBySha256sum(site.cache)).toEqual([]);
    expect(await site.build()).toBe(answer);
    expect((await godrift(site.world, ['events'])).stdout).toMatch(
      /intent {4}default: rollback of cache.*\n.*outcome {3}default: rollback of cache applied and verified: \d+ removed, 0 healed meanwhile, 0 failed/,
    );
    await expectChain(site);
    expect(await godrift(site.world, ['rollback', '--facet', 'cache'])).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('nothing to put back'),
    });
  });

  it('is carried out by a running exporter and visible in its metrics', async () => {
    const site = await makeBuildSite(go127);
    await site.build();
    damageArchives(site.cache, answer, wrong);
    const exporter = await startExporter(site.world);
    try {
      const corrupt = async () =>
        (await exporter.metrics()).match(/^godrift_cache_corrupt_outputs\{.*\} (\d+)$/m)?.[1];
      await eventually('the audit to find the damage', async () => Number(await corrupt()) > 0);
      const done = await godrift(site.world, ['rollback', '--facet', 'cache', '--yes']);
      expect(done).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('applied and verified') });
      await eventually('the next audit to find no damage', async () => (await corrupt()) === '0');
      expect(await site.build()).toBe(answer);
    } finally {
      await exporter.stop();
    }
  });

  it('is refused with the reason if the cache is not writable', async () => {
    const site = await makeBuildSite(go127);
    await site.build();
    const [output] = damageArchives(site.cache, answer, wrong);
    if (output === undefined) throw new Error('no package of the program is cached');
    const file = fileOf(site.cache, output, 'd');
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) execFileSync('chown', ['4242', dirname(file)]);
    else chmodSync(dirname(file), 0o500);
    const done = await godrift(site.world, ['rollback', '--facet', 'cache', '--yes']);
    if (!isRoot) chmodSync(dirname(file), 0o700);
    expect(done).toMatchObject({
      exitCode: 1,
      stdout: expect.stringMatching(/refused .*(belongs to uid 4242|cannot be written)/),
    });
    expect(wrongBySha256sum(site.cache).length).toBeGreaterThan(0);
    expect((await godrift(site.world, ['events'])).stdout).toContain('refusal');
    for (const option of [
      ['--to', '2026-01-01'],
      ['--key', 'GOFLAGS'],
    ])
      expect((await godrift(site.world, ['rollback', '--facet', 'cache', ...option])).exitCode).toBe(2);
  });
});

/** A module of one package without imports: no release has to compile its runtime for it. */
async function library(toolchain: Toolchain) {
  const cache = join(scratch('generations'), 'go-build');
  const base = makeWorld(toolchain, { 'go.mod': 'module example.com/m\n\ngo 1.21\n' });
  const world = { ...base, env: { ...base.env, GOCACHE: cache } };
  mkdirSync(join(world.workspace, 'p'));
  const say = (number: number, ageS: number) => {
    const file = join(world.workspace, 'p/p.go');
    writeFileSync(file, `package p\n\nfunc Answer() int { return ${number} }\n`);
    const then = Date.now() / 1000 - ageS;
    utimesSync(file, then, then);
  };
  const build = async (...flags: string[]) => {
    const env = { ...world.env, GOTOOLCHAIN: 'local' };
    const { exitCode, stderr } = await runGo(toolchain, ['build', ...flags, './p'], {
      cwd: world.workspace,
      env,
    });
    expect(`${stderr}${exitCode}`).toBe('0');
  };
  return { world, cache, say, build };
}

describe('generations', () => {
  it.each(toolchainVersions)(
    'share intact outputs, and a build of go %s in one generation does not change another',
    async (version) => {
      const toolchain = await ensureToolchain(version);
      const { world, cache, say, build } = await library(toolchain);
      const site = { world, cache } as unknown as BuildSite;
      say(707472429, 3600);
      await build();
      expect((await generations(site, 'adopt')).document).toMatchObject({ result: 'applied', current: 'g1' });
      const made = await generations(site, 'new');
      expect(made.document).toMatchObject({ result: 'applied', generation: 'g2' });
      expect((await generations(site, 'swap', 'g2')).document).toMatchObject({ current: 'g2' });
      const old = treeOf(join(store(site), 'g1'));
      const [shared] = outputsIn(join(store(site), 'g1'), '!<arch>\n');
      const inG2 = fileOf(join(store(site), 'g2'), shared?.output ?? '', 'd');
      expect(statSync(inG2).nlink).toBe(2);
      await build();
      await build('-a');
      say(7, 3000);
      await build();
      expect(treeOf(join(store(site), 'g1'))).toEqual(old);
      // Why damaged outputs are never shared: go repairs a damaged output in place, which would change both
      // generations.
      overwrite(inG2, 60, Buffer.from('X'));
      say(707472429, 3600);
      const { ino } = statSync(inG2);
      await build('-a');
      expect(statSync(inG2).ino).toBe(ino);
      expect(treeOf(join(store(site), 'g1'))).toEqual(old);
      // An output damaged in the current generation is not carried over to the next one.
      overwrite(inG2, 60, Buffer.from('X'));
      utimesSync(inG2, 1e9, 1e9);
      const next = await generations(site, 'new');
      expect(next.document).toMatchObject({ result: 'applied', generation: 'g3' });
      expect(existsSync(fileOf(join(store(site), 'g3'), shared?.output ?? '', 'd'))).toBe(false);
      expect(next.document.carried.unsound + next.document.carried.unwanted).toBeGreaterThan(0);
      expect(wrongBySha256sum(join(store(site), 'g3'))).toEqual([]);
      await expectChain(site);
    },
  );

  it('are adopted without copying, listed, swapped and collected, with a journal entry for each action', async () => {
    const site = await makeBuildSite(go127);
    expect(await site.build()).toBe(answer);
    const { ino } = statSync(site.cache);
    expect((await generations(site, 'list')).document).toMatchObject({ generations: [] });
    expect((await generations(site, 'new')).document).toMatchObject({ result: 'refused' });
    expect((await generations(site, 'adopt')).document).toMatchObject({ result: 'applied' });
    expect(readlinkSync(site.cache)).toBe('go-build.generations/g1');
    expect(statSync(site.cache).ino).toBe(ino);
    expect((await generations(site, 'adopt')).exitCode).toBe(1);
    expect(await site.build()).toBe(answer);
    await generations(site, 'new');
    expect((await generations(site, 'swap', 'g9')).exitCode).toBe(1);
    expect((await generations(site, 'swap', 'g2')).document).toMatchObject({ current: 'g2' });
    expect(await site.build()).toBe(answer);
    // One process has its working directory in the generation, another has it as GOCACHE.
    const inside = spawn('cat', { cwd: join(store(site), 'g1') });
    const naming = spawn('cat', { env: { ...process.env, GOCACHE: join(store(site), 'g1') } });
    await Promise.all([inside, naming].map((one) => new Promise((resolve) => one.once('spawn', resolve))));
    try {
      const kept = (await generations(site, 'collect', '--older-than', '0s')).document.kept;
      expect(kept.find(({ name }: { name: string }) => name === 'g1').why).toContain(`pid ${inside.pid}`);
      expect(kept.find(({ name }: { name: string }) => name === 'g1').why).toContain(`pid ${naming.pid}`);
    } finally {
      const ended = [inside, naming].map((one) => new Promise((resolve) => one.once('exit', resolve)));
      inside.stdin.end();
      naming.stdin.end();
      await Promise.all(ended);
    }
    expect((await generations(site, 'collect')).document.kept[0].why).toContain('recently');
    expect((await generations(site, 'collect', '--older-than', '0s')).document).toMatchObject({
      collected: ['g1'],
    });
    expect(readdirSync(store(site)).sort()).toEqual(['g2', 'store.json']);
    expect(await site.build()).toBe(answer);
    // A user removes the current generation by hand: no build works until the link points to another one.
    await generations(site, 'new');
    rmSync(join(store(site), 'g2'), { recursive: true });
    await expect(site.build()).rejects.toThrow('build cache');
    expect((await generations(site, 'new')).document.why).toContain(
      'leads to g2, which is gone: godrift cache generations swap g3',
    );
    expect((await generations(site, 'swap', 'g3')).document).toMatchObject({ current: 'g3' });
    expect(await site.build()).toBe(answer);
    const { stdout } = await godrift(site.world, ['events']);
    for (const action of ['adopt', 'new', 'swap', 'collect'])
      expect(stdout).toMatch(
        new RegExp(`intent .*${action} of a generation[\\s\\S]*outcome .*${action} of a generation`),
      );
    await expectChain(site);
  });

  it('are adopted while an exporter holds the journal, and the action is still recorded there', async () => {
    const site = await makeBuildSite(go127);
    await site.build();
    const exporter = await startExporter(site.world);
    try {
      expect((await generations(site, 'adopt')).document).toMatchObject({ result: 'applied' });
    } finally {
      await exporter.stop();
    }
    expect((await godrift(site.world, ['events'])).stdout).toContain('adopt of a generation');
    await expectChain(site);
  });
});

/** A -toolexec script that blocks at the first compilation until opened, and signals that it has blocked. */
function gate(site: BuildSite) {
  const [script, stopped, open] = ['gate.sh', 'stopped', 'open'].map((name) =>
    join(site.world.home, name),
  ) as [string, string, string];
  const wait = `touch ${stopped}; for i in $(seq 1200); do [ -e ${open} ] && break; sleep 0.1; done`;
  writeFileSync(script, `#!/bin/sh\ncase "$*" in *-V=full*) ;; *) ${wait};; esac\nexec "$@"\n`);
  chmodSync(script, 0o700);
  return {
    flag: `-toolexec=${script}`,
    isStopped: () => eventually('the compiler to be reached', async () => existsSync(stopped)),
    open: () => writeFileSync(open, ''),
  };
}

/** Begins a build that has resolved the cache files of its imports, but has not read them yet. */
async function beginBuild(site: BuildSite) {
  const main = join(site.world.workspace, 'main.go');
  writeFileSync(main, readFileSync(main, 'utf8').replace('answer.Answer()', 'answer.Answer() + "!"'));
  const held = gate(site);
  const building = site.go('build', held.flag, '-o', 'app', '.');
  await held.isStopped();
  return {
    finish: async () => {
      held.open();
      const { exitCode, stderr } = await building;
      return { exitCode, stderr };
    },
    run: () =>
      execFileSync('sh', ['-c', './app 2>&1'], { cwd: site.world.workspace, encoding: 'utf8' }).trim(),
  };
}

/** Builds its own program repeatedly, with one thread. */
function parallelBuilder(site: BuildSite, each: number) {
  const folder = join(site.world.home, `module${each}`);
  mkdirSync(join(folder, 'text'), { recursive: true });
  writeFileSync(join(folder, 'go.mod'), `module example.com/m${each}\n\ngo 1.21\n`);
  writeFileSync(
    join(folder, 'main.go'),
    `package main\n\nimport "example.com/m${each}/text"\n\nfunc main() { println(text.Text) }\n`,
  );
  const env = { ...site.world.env, GOTOOLCHAIN: 'local', GOMAXPROCS: '1' };
  let current: Promise<string> = Promise.resolve('');
  const once = async (round: number) => {
    writeFileSync(join(folder, 'text/text.go'), `package text\n\nvar Text = "answer ${each} ${round}"\n`);
    const { exitCode, stderr } = await runGo(go127, ['build', '-p', '1', '-o', 'app', '.'], {
      cwd: folder,
      env,
    });
    if (exitCode !== 0) return stderr;
    return execFileSync('sh', ['-c', './app 2>&1'], { cwd: folder, encoding: 'utf8' }).trim();
  };
  return {
    current: () => current,
    build: (round: number) => {
      current = once(round);
      return current;
    },
  };
}

describe('a running build', () => {
  it('finishes correctly across a swap, but fails across a swap to an empty cache', async () => {
    const site = await makeBuildSite(go127);
    await site.build();
    await adopt(site);
    await generations(site, 'new');
    const build = await beginBuild(site);
    expect((await generations(site, 'swap', 'g2')).document).toMatchObject({
      result: 'applied',
      current: 'g2',
    });
    const old = treeOf(join(store(site), 'g1'));
    expect(await build.finish()).toEqual({ exitCode: 0, stderr: '' });
    expect(build.run()).toBe(`${answer}!`);
    expect(treeOf(join(store(site), 'g1'))).toEqual(old);

    const other = await makeBuildSite(go127);
    await other.build();
    await adopt(other);
    const broken = await beginBuild(other);
    mkdirSync(join(store(other), 'empty'));
    rmSync(other.cache);
    symlinkSync('go-build.generations/empty', other.cache);
    expect(await broken.finish()).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('could not import'),
    });
  });

  it('blocks adopting the cache directory, and blocks a swap away from a damaged generation', async () => {
    const site = await makeBuildSite(go127);
    await site.build();
    const held = await beginBuild(site);
    const refused = await generations(site, 'adopt');
    expect(refused).toMatchObject({
      exitCode: 1,
      document: { why: expect.stringContaining('builds are running') },
    });
    expect(lstatSync(site.cache).isDirectory()).toBe(true);
    expect((await held.finish()).exitCode).toBe(0);
    await adopt(site);
    damageArchives(site.cache, answer, wrong);
    await generations(site, 'new');
    rmSync(join(site.world.home, 'open'));
    rmSync(join(site.world.home, 'stopped'));
    const again = await beginBuild(site);
    const swapped = await generations(site, 'swap', 'g2');
    expect(swapped).toMatchObject({ exitCode: 1, document: { current: 'g1', result: 'refused' } });
    expect(swapped.document.why).toContain('a running build may depend on them');
    await again.finish();
    expect((await generations(site, 'swap', 'g2')).document).toMatchObject({ current: 'g2' });
    expect(await site.build()).toBe(`${answer}!!`);
  });

  it('succeeds beside nineteen others across swaps and a collection, and old generations do not change', async () => {
    const site = await makeBuildSite(go127);
    await site.build();
    await adopt(site);
    const builders = Array.from({ length: 20 }, (_, each) => parallelBuilder(site, each));
    let isOver = false;
    const all = builders.map(async (builder) => {
      const said: string[] = [];
      // The source changes each time, so that it is compiled and cached.
      do said.push(await builder.build(said.length));
      while (!isOver);
      return said;
    });
    const olds = new Map<string, Tree>();
    for (const name of ['g2', 'g3', 'g4']) {
      await generations(site, 'new');
      const swapped = (await generations(site, 'swap', name)).document;
      expect(swapped).toMatchObject({ result: 'applied', current: name });
      // Builds that began before the swap may still have files of the old generation open.
      await Promise.all(builders.map(({ current }) => current()));
      const old = `g${Number(name.slice(1)) - 1}`;
      olds.set(old, treeOf(join(store(site), old)));
    }
    for (const [name, was] of olds) expect(treeOf(join(store(site), name)), name).toEqual(was);
    const collected = (await generations(site, 'collect', '--older-than', '0s')).document;
    isOver = true;
    const said = await Promise.all(all);
    expect(said).toEqual(said.map((one, each) => one.map((_, round) => `answer ${each} ${round}`)));
    const names = [...olds.values()].reduce((sum, one) => sum + one.size, 0);
    console.error(
      `${said.flat().length} builds through 3 swaps and a collection of ${collected.collected.join(' ')}; ${names} names of old generations stayed as they were`,
    );
    expect(await site.build()).toBe(answer);
    expect(wrongBySha256sum(join(store(site), 'g4'))).toEqual([]);
    await expectChain(site);
  });
});
