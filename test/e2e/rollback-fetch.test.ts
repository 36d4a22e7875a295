/**
 * The step `fetch-zip`: the real go downloads a release for the steps after it. Its results, its refusals,
 * and that no temporary file stays. From a file:// proxy with a release of a few files.
 */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type CheckedProgram, checkProgram } from '../../src/host/checked-program.ts';
import { sha256Hex } from '../../src/host/digest.ts';
import { fetchZip, removeFetch } from '../../src/host/fetch-module.ts';
import { goCommands } from '../../src/host/processes.ts';
import { formatFetchSettings, type Values } from '../../src/undo/fetch-settings.ts';
import { keptPlanOf, keptPlanSchema } from '../../src/undo/kept-plan.ts';
import type { Plan } from '../../src/undo/plan.ts';
import { runRollback } from '../../src/undo/run.ts';
import { planTree, type WantedTree } from '../../src/undo/tree-plan.ts';
import { eventually, patienceMs } from '../lab/eventually.ts';
import { writeProxy } from '../lab/module-proxy.ts';
import { ensureToolchain, scratch, toolchainVersions } from '../lab/toolchains.ts';
import { treeOf } from '../lab/tree.ts';
import { toolchainDigest, zippedToolchain } from '../lab/zipped-toolchain.ts';
import { asked, lines, recording, signature, trace } from '../unit/undo/recording.ts';

const { module, version, files } = zippedToolchain;
const release = { path: module, version, go: '', files };
const zip = `cache/download/${module}/@v/${version}.zip`;

async function programOf(version: string): Promise<CheckedProgram> {
  const checked = checkProgram((await ensureToolchain(version)).go, []);
  if ('why' in checked) throw new Error(checked.why);
  return checked.program;
}

/** A home without the SDK and its zip, a proxy that has the zip, and the plan that downloads it. */
async function makeSite(
  settings: (proxy: string) => Record<string, string> = (proxy) => ({ GOPROXY: `file://${proxy}` }),
) {
  const home = realpathSync(scratch('fetch'));
  const proxy = join(home, 'proxy');
  writeProxy(proxy, [release]);
  const state = join(home, 'state');
  const sdk = join(home, 'sdk/go1.99.0');
  const given = formatFetchSettings(new Map(Object.entries({ GOSUMDB: 'off', ...settings(proxy) })));
  const wanted: WantedTree = {
    kind: 'sdk',
    key: 'toolchain.digest',
    cache: join(home, 'go/pkg/mod'),
    path: sdk,
    module,
    version,
    approved: toolchainDigest,
  };
  const step = {
    kind: 'fetch-zip',
    path: join(state, 'fetched', `toolchain@${version}.zip`),
    module,
    version,
    approved: toolchainDigest,
    go: await programOf('1.27.4'),
    settings: sha256Hex(given),
  } as const;
  const planned = await planTree(wanted, { step, settings: given });
  if (planned === undefined || !('step' in planned)) throw new Error(JSON.stringify(planned));
  const plan: Plan = {
    target: 'api',
    workspace: '/src',
    facet: 'toolchain',
    steps: [step, planned.step],
    contents: new Map([[step.settings, given]]),
    refusals: [],
  };
  const run = (verify: () => Promise<string | undefined> = async () => undefined) =>
    recording(state, (recorder) =>
      runRollback(plan, { recorder, signature, asked, trace, before: new Map(), verify }),
    );
  return {
    home,
    proxy,
    state,
    sdk,
    plan,
    step,
    run,
    zipOfProxy: join(proxy, module, '@v', `${version}.zip`),
  };
}

/**
 * Returns the tree of the home without the state directory (its journal grows) and the proxy (a test may put
 * a FIFO there).
 */
const seen = ({ home }: { readonly home: string }) => treeOf(home, ['state', 'proxy']);

const undone = (why: string | RegExp) => ({
  outcome: { result: 'undone', why: expect.stringMatching(why) },
});

describe('a downloaded release', () => {
  it('is unpacked as an SDK, and its zip is removed when the outcome is recorded', async () => {
    const site = await makeSite();
    expect(site.plan.steps).toMatchObject([
      { kind: 'fetch-zip' },
      { kind: 'make-tree', after: { kind: 'approved', digest: toolchainDigest } },
    ]);
    const ran = await site.run();
    expect(ran).toMatchObject({ outcome: { result: 'applied' } });
    expect(readdirSync(site.sdk).sort()).toEqual(['.unpacked-success', 'VERSION', 'bin', 'go.mod', 'src']);
    expect(readFileSync(join(site.sdk, 'src/go.mod'), 'utf8')).toBe('module std\n');
    expect(existsSync(join(site.state, 'fetched'))).toBe(false);
    expect(readdirSync(site.home).sort()).toEqual(['proxy', 'sdk', 'state']);
    const told = (await lines(site.state)).find(({ type }) => type === 'outcome');
    expect(told).toMatchObject({ parts: [{ kind: 'fetch-zip' }, { kind: 'make-tree' }, { part: 'verify' }] });
  });

  it('is removed together with its zip if the verification fails', async () => {
    const site = await makeSite();
    const before = seen(site);
    expect(await site.run(async () => 'no')).toMatchObject(undone('verification failed: no'));
    expect(seen(site)).toEqual(before);
    expect(existsSync(join(site.state, 'fetched'))).toBe(false);
  });

  it('is not unpacked if its digest is not the approved one', async () => {
    const site = await makeSite();
    writeProxy(site.proxy, [{ ...release, files: { ...files, 'bin/go': '#!/bin/evil\n' } }]);
    const before = seen(site);
    expect(await site.run()).toMatchObject(undone('what was fetched is not what was approved'));
    expect(seen(site)).toEqual(before);
    expect(existsSync(join(site.state, 'fetched'))).toBe(false);
  });

  it('is refused with the error of go if the download fails, without showing a secret', async () => {
    const refusals: readonly (readonly [Record<string, string>, string | RegExp])[] = [
      [{ GOPROXY: 'off' }, 'module lookup disabled by GOPROXY=off'],
      // No server listens on port 1.
      [{ GOPROXY: 'http://127.0.0.1:1' }, 'connection refused'],
      [{ GOPROXY: 'https://ann:open-sesame@127.0.0.1:1' }, 'connection refused'],
    ];
    for (const [settings, why] of refusals) {
      const site = await makeSite(() => settings);
      const before = seen(site);
      const ran = await site.run();
      expect(ran).toMatchObject(undone(why));
      expect(JSON.stringify(ran)).not.toContain('open-sesame');
      expect(seen(site)).toEqual(before);
      expect(existsSync(join(site.state, 'fetched'))).toBe(false);
    }
  });

  it('is refused if go needs the checksum database and GOSUMDB=off disables it', async () => {
    // A proxy list with more than one entry counts as a network proxy (modfetch.useSumDB).
    const site = await makeSite((proxy) => ({ GOPROXY: `file://${proxy},off` }));
    expect(await site.run()).toMatchObject(undone('checksum database disabled by GOSUMDB=off'));
    expect(existsSync(site.sdk)).toBe(false);
  });

  it('is kept in a plan of schema 3, which older versions leave alone, without the settings and their secrets', async () => {
    const { plan } = await makeSite(() => ({ GOPROXY: 'https://ann:open-sesame@example.com' }));
    const kept = keptPlanOf(plan, asked, trace);
    expect(kept.schema).toBe(3);
    expect(keptPlanSchema.parse(JSON.parse(JSON.stringify(kept)))).toEqual(kept);
    expect(JSON.stringify(kept)).not.toContain('open-sesame');
  });

  it('is undone if the downloading go is killed', async () => {
    const site = await makeSite();
    // Opening the FIFO blocks, because it never gets a writer.
    rmSync(site.zipOfProxy);
    execFileSync('mkfifo', [site.zipOfProxy]);
    const before = seen(site);
    const running = site.run();
    const folders = join(site.state, 'fetched');
    const pid = await eventually('go', async () => fetching(join(folders, readdirSync(folders)[0] ?? '')));
    process.kill(pid, 'SIGKILL');
    expect(await running).toMatchObject(undone('it cannot be fetched: go mod download: exit SIGKILL'));
    expect(seen(site)).toEqual(before);
    expect(existsSync(folders)).toBe(false);
  });
});

/** Returns the pid of the go that downloads into a folder. */
const fetching = (folder: string) =>
  goCommands().find(({ environment }) => environment.get('GOMODCACHE') === join(folder, 'mod'))?.pid;

describe('go mod download', () => {
  const fetchFrom = async (goVersion: string, settings: Values, limitMs = patienceMs) => {
    const folder = join(scratch('fetching'), 'into');
    const program = await programOf(goVersion);
    const fetched = await fetchZip(program, { module, version, zip, settings, limitMs }, folder);
    return { folder, fetched };
  };
  const proxyOf = () => {
    const proxy = scratch('proxy');
    writeProxy(proxy, [release]);
    return {
      proxy,
      settings: new Map([
        ['GOPROXY', `file://${proxy}`],
        ['GOSUMDB', 'off'],
      ]),
    };
  };

  it.each(toolchainVersions)('of go%s downloads the zip and unpacks nothing', async (goVersion) => {
    const { proxy, settings } = proxyOf();
    const { folder, fetched } = await fetchFrom(goVersion, settings);
    expect(fetched).toEqual({ zip: join(folder, 'mod', zip) });
    expect(readFileSync(join(folder, 'mod', zip))).toEqual(
      readFileSync(join(proxy, module, '@v', `${version}.zip`)),
    );
    expect(readFileSync(join(folder, 'mod/golang.org'), 'utf8')).toBe('');
    await removeFetch(folder);
    expect(existsSync(folder)).toBe(false);
  });

  it('is ended when it exceeds the time limit', async () => {
    const { proxy, settings } = proxyOf();
    const file = join(proxy, module, '@v', `${version}.zip`);
    rmSync(file);
    execFileSync('mkfifo', [file]);
    const { folder, fetched } = await fetchFrom('1.27.4', settings, 1000);
    expect(fetched).toEqual({ why: 'go mod download did not end within 1 s' });
    expect(fetching(folder)).toBeUndefined();
  });

  it('gets only variables for network access, such as HTTPS_PROXY, from the environment of godrift', async () => {
    const own = ['HOME', 'GOFLAGS', 'GOENV', 'GOPROXY', 'GODEBUG', 'HTTPS_PROXY'] as const;
    const before = own.map((name) => [name, process.env[name]] as const);
    const home = scratch('home');
    mkdirSync(join(home, '.config/go'), { recursive: true });
    writeFileSync(join(home, '.config/go/env'), 'GOPROXY=off\nGOFLAGS=-nosuchflag\n');
    const drifted = { HOME: home, GOFLAGS: '-nosuchflag', GOENV: '/nowhere', GOPROXY: 'off', GODEBUG: 'x=1' };
    Object.assign(process.env, drifted, { HTTPS_PROXY: 'http://127.0.0.1:1' });
    try {
      const { proxy, settings } = proxyOf();
      const good = await fetchFrom('1.27.4', settings);
      expect(good.fetched).toHaveProperty('zip');
      expect(readdirSync(home)).toEqual(['.config']);
      expect(readdirSync(join(home, '.config'))).toEqual(['go']);
      rmSync(join(proxy, module, '@v', `${version}.zip`));
      execFileSync('mkfifo', [join(proxy, module, '@v', `${version}.zip`)]);
      const folder = join(scratch('fetching'), 'into');
      const running = fetchZip(
        await programOf('1.27.4'),
        { module, version, zip, settings, limitMs: patienceMs },
        folder,
      );
      const found = await eventually('go', async () =>
        goCommands().find(({ environment }) => environment.get('GOMODCACHE') === join(folder, 'mod')),
      );
      const names = [...found.environment.keys()];
      expect(names).toContain('HTTPS_PROXY');
      for (const name of ['HOME', 'GODEBUG', 'USER', 'LOGNAME']) expect(names).not.toContain(name);
      expect(found.environment.get('GOFLAGS')).toBe('-modcacherw');
      await removeFetch(folder);
      expect(await running).toHaveProperty('why');
    } finally {
      for (const [name, value] of before)
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
    }
  });
});
