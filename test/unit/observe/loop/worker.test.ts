/**
 * What a thread asks the file system about many targets, on real scratch directories. Calls are counted, not
 * time.
 */
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { exemptionsOf } from '../../../../src/drift/exemptions.ts';
import { nothingRemembered } from '../../../../src/drift/step-data.ts';
import type { Machine } from '../../../../src/host/machine.ts';
import { readMachine } from '../../../../src/host/machine.ts';
import { listsNames, recordTrace } from '../../../../src/host/read-trace.ts';
import { createProgress, readProgress } from '../../../../src/observe/loop/progress.ts';
import { writePast } from '../../../../src/observe/loop/target-past.ts';
import type { News, ObserveAnswer } from '../../../../src/observe/loop/worker-messages.ts';
import { observe } from '../../../../src/observe/observer.ts';
import type { TargetSettings } from '../../../../src/observe/target.ts';
import { makeElf } from '../../go/elf.ts';
import { scratch } from '../../store/scratch.ts';

const paths: string[] = [];

/**
 * Loads the worker with counted file system calls. It must be loaded anew, since other tests have loaded its
 * modules already.
 */
async function countedWorker(): Promise<
  typeof import('../../../../src/observe/loop/worker.ts').createWorker
> {
  const noted = '../../../../src/host/counted-fs.ts';
  const real = await vi.importActual<typeof import('../../../../src/host/counted-fs.ts')>(noted);
  const counted =
    <Call extends (...args: never[]) => unknown>(call: Call, question = '') =>
    (...args: Parameters<Call>) => {
      paths.push(`${question}${String(args[0])}`);
      return call(...args);
    };
  vi.resetModules();
  vi.doMock(noted, () => ({
    ...real,
    // Whether a path is writable is a different question from what is there.
    accessSync: counted(real.accessSync as never, 'may write '),
    lstatSync: counted(real.lstatSync as never),
    openSync: counted(real.openSync as never),
    readdirSync: counted(real.readdirSync as never),
    readlinkSync: counted(real.readlinkSync as never),
    statSync: counted(real.statSync as never),
  }));
  try {
    return (await import('../../../../src/observe/loop/worker.ts')).createWorker;
  } finally {
    vi.doUnmock(noted);
    vi.resetModules();
  }
}

/** Makes targets with one workspace and published environment each, and one toolchain and home for all. */
async function world(count: number, tell: (news: News) => void = () => {}, canary?: string) {
  const top = await scratch();
  const home = join(top, 'home');
  for (const directory of ['bin', 'src', 'pkg/tool'])
    mkdirSync(join(top, 'go', directory), { recursive: true });
  mkdirSync(home);
  const text = 'path\tcmd/go\nbuild\tGOARCH=amd64\nbuild\tGOOS=linux\n';
  const shape = { wide: true, little: true, inline: true, sections: true };
  writeFileSync(join(top, 'go/bin/go'), makeElf(shape, 'go1.26.8', text), { mode: 0o755 });
  for (const name of ['VERSION', 'go.env']) writeFileSync(join(top, 'go', name), 'go1.26.8\n');
  mkdirSync(join(home, '.config/go'), { recursive: true });
  writeFileSync(join(home, '.config/go/env'), 'GOFLAGS=-v\n');
  const targets = Array.from({ length: count }, (_, index): TargetSettings => {
    const workspace = join(top, `work/${index}`);
    mkdirSync(workspace, { recursive: true });
    writeFileSync(join(workspace, 'go.mod'), 'module example.com/a\n\ngo 1.21\n');
    const path = join(top, `environment-${index}`);
    writeFileSync(path, `HOME=${home}\0PATH=${join(top, 'go/bin')}\0`);
    return {
      name: `t${index}`,
      workspace,
      environment: { from: 'file', path },
      pool: '',
      baseline: 'auto',
      pins: { goMod: 'floor', tools: {} },
      required: [],
      tools: [],
    };
  });
  const machine: Machine = readMachine();
  const createWorker = await countedWorker();
  const now = { value: 0 };
  const worker = createWorker({
    clock: () => now.value,
    machine,
    emitter: { resource: {}, version: '0', randomId: () => '00', digest: (text) => String(text.length) },
    refine: async (target) => target,
    committed: async () => undefined,
    exemptions: async (target) => ({
      value: exemptionsOf({ waivers: [], deployments: [] }, [], target),
    }),
    accepted: async () => ({}),
    build: async () => ({ none: 'not-found' }),
    cache: async () => ({}),
    digest: async () => ({}),
    tell,
    ...(canary === undefined ? {} : { canary }),
  });
  const pasts = new Map<string, Uint8Array>();
  /** Repeats the look until nothing new is learnt. */
  const answers: ObserveAnswer[] = [];
  const settle = async (settings: TargetSettings, more: boolean) => {
    let past = pasts.get(settings.name) ?? writePast({ remembered: nothingRemembered, demands: {} });
    for (let settled = false; !settled; ) {
      const progress = createProgress();
      const job = { kind: 'look', settings, past, collectors: [], whole: false, more, progress } as const;
      const answer = (await worker.handle(job)) as ObserveAnswer;
      // The scheduler treats a look as hanging if this count does not grow.
      expect(readProgress(progress).answers).toBeGreaterThan(0);
      answers.push(answer);
      past = answer.past;
      settled = answer.settled;
    }
    pasts.set(settings.name, past);
  };
  for (const settings of targets) await settle(settings, true);
  const check = async (round: number) => {
    paths.length = 0;
    const names = targets.map(({ name }) => name);
    const progress = createProgress();
    return await worker.handle({ kind: 'check', names, round, live: {}, progress });
  };
  return { top, home, targets, machine, worker, check, settle, answers, now };
}

describe('a pass over targets that share a toolchain', () => {
  it('asks for each path once, however many targets depend on it', async () => {
    const { top, targets, worker, check } = await world(20);
    await check(1);
    const same = await check(2);
    worker.close();
    expect(same).toEqual(targets.map(({ name }) => name));
    const shared = paths.filter((path) => !path.startsWith(join(top, 'work')));
    expect(shared).toContain(join(top, 'go/bin/go'));
    // Imports are asked of each workspace separately, which lists its own folders.
    expect([...new Set(shared)].sort()).toEqual([...shared].sort());
    const folders = targets.map(({ workspace }) => workspace);
    expect([...paths].sort()).toEqual([...new Set(paths), ...folders].sort());
  });
});

/** Changes a file, directory or absent path. Returns the function that takes the change back. */
function change(file: string, names: boolean): () => void {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) {
    const made = mkdirSync(dirname(file), { recursive: true }) ?? file;
    writeFileSync(file, '', { mode: 0o755 });
    return () => rmSync(made, { recursive: true });
  }
  if (stat.isFile()) {
    const bytes = readFileSync(file);
    const replace = () => {
      writeFileSync(`${file}.new`, bytes, { mode: stat.mode });
      renameSync(`${file}.new`, file);
    };
    writeFileSync(file, bytes);
    return replace;
  }
  if (names) {
    writeFileSync(join(file, 'came'), '');
    return () => rmSync(join(file, 'came'));
  }
  chmodSync(file, 0o700);
  return () => chmodSync(file, stat.mode);
}

describe('a watch', () => {
  it('reports nothing about a workspace that is moved or replaced during the look', async () => {
    const { targets, machine } = await world(1);
    const [settings] = targets as [TargetSettings];
    const { workspace } = settings;
    const lookWhile = async (meanwhile: () => void) => {
      const digest = async () => {
        meanwhile();
        return {};
      };
      return (await observe(settings, machine, () => 0, { digest })).observation;
    };
    expect((await lookWhile(() => {})).environment.readable).toBe(true);
    const move = () => renameSync(workspace, `${workspace}.away`);
    const exchange = () => {
      move();
      mkdirSync(workspace);
    };
    for (const meanwhile of [move, exchange]) {
      const { environment, modules } = await lookWhile(meanwhile);
      expect(environment).toMatchObject({ readable: false, reason: 'workspace-absent' });
      expect(modules.status).toBe('failed');
      rmSync(workspace, { recursive: true, force: true });
      renameSync(`${workspace}.away`, workspace);
    }
  });

  it('announces what a look finds before the look answers, so that it does not count as missed', async () => {
    const told: string[] = [];
    const { top, targets, worker, settle } = await world(1, ({ files }) => told.push(...files));
    const [settings] = targets as [TargetSettings];
    const environment = join(top, 'environment-0');
    try {
      await settle(settings, false);
      for (const flags of ['-v', '-mod=mod', '-v', '-mod=mod']) {
        told.length = 0;
        writeFileSync(environment, `${readFileSync(environment, 'utf8')}GOFLAGS=${flags}\0`);
        await settle(settings, false);
        expect(told).toContain(environment);
      }
    } finally {
      worker.close();
    }
  });

  it('reports whether a change may predate the watch of its file', async () => {
    const { targets, worker, check, settle, answers } = await world(3);
    const [first, second, third] = targets as [TargetSettings, TargetSettings, TargetSettings];
    const wasUnwatched = async (settings: TargetSettings) => {
      answers.length = 0;
      await settle(settings, false);
      return answers[0]?.wasUnwatched === true;
    };
    try {
      // All targets were looked at before there was a watch, the first one twice.
      for (const settings of [first, second, first]) expect(await wasUnwatched(settings)).toBe(true);
      for (const settings of [first, second]) expect(await wasUnwatched(settings)).toBe(false);
      // The check found the target unchanged, and it has been watched since.
      await check(1);
      expect(await wasUnwatched(third)).toBe(false);
    } finally {
      worker.close();
    }
  });

  it('announces a change, and its reversal, of every path that a look asked about', async () => {
    let heard: readonly string[] = [];
    const { top, targets, machine, worker, check, settle } = await world(1, ({ targets: names, files }) => {
      if (files.length > 0) heard = names;
    });
    const [settings] = targets as [TargetSettings];
    const announced = async (what: string) => {
      const end = Date.now() + 60_000;
      while (!heard.includes(settings.name)) {
        if (Date.now() > end) throw new Error(`no event for ${what}`);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    };
    const { trace } = await recordTrace(() => observe(settings, machine, () => 0));
    const mine = trace.entries.filter(({ name }) => name.startsWith(`${top}/`));
    expect(mine.length).toBeGreaterThan(60);
    for (const entry of mine) {
      const { name } = entry;
      await settle(settings, false);
      heard = [];
      const undo = change(name, listsNames(entry));
      await announced(`a change of ${name}`);
      await settle(settings, false);
      heard = [];
      undo();
      await announced(`the reversal of ${name}`);
    }
    // The remaining paths are outside of the test’s directory.
    const others = trace.entries.filter(({ name }) => name.startsWith('/') && !name.startsWith(`${top}/`));
    expect(others.filter(({ name }) => name.startsWith('/proc'))).toHaveLength(1);
    await check(1);
    worker.close();
  });
});

describe('the canary', () => {
  it('is reported with the time it was seen, and is no change of a target', async () => {
    const canary = join(await scratch(), '.probe');
    const told: News[] = [];
    const { worker, check, now } = await world(1, (news) => told.push(news), canary);
    try {
      await check(4);
      // 0 until the first event is seen.
      expect(told.at(-1)?.watch.canarySeen).toBe(0);
      now.value = 60_000;
      writeFileSync(canary, 'there');
      await expect.poll(() => told.at(-1)?.watch.canarySeen, { timeout: 60_000 }).toBe(60_000);
      expect(told.at(-1)).toMatchObject({ targets: [], files: [], watch: { events: 0 } });
    } finally {
      worker.close();
    }
  });
});
