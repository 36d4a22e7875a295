/** What a thread asks the file system for many targets, on real scratch directories: calls are counted, not time. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { exemptionsOf } from '../../../src/drift/exemptions.ts';
import { nothingRemembered } from '../../../src/drift/step-data.ts';
import type { Machine } from '../../../src/host/machine.ts';
import { readMachine } from '../../../src/host/machine.ts';
import { writePast } from '../../../src/observe/past.ts';
import type { TargetSettings } from '../../../src/observe/target.ts';
import type { Looked } from '../../../src/observe/worker-messages.ts';
import { scratch } from '../store/scratch.ts';

const paths: string[] = [];

/** The worker with calls of the file system that are counted; modules of other tests are loaded already, so it is loaded anew. */
async function countedWorker(): Promise<typeof import('../../../src/observe/worker.ts').createWorker> {
  const noted = '../../../src/host/noted-fs.ts';
  const real = await vi.importActual<typeof import('../../../src/host/noted-fs.ts')>(noted);
  const counted =
    <Call extends (...args: never[]) => unknown>(call: Call) =>
    (...args: Parameters<Call>) => {
      paths.push(String(args[0]));
      return call(...args);
    };
  vi.resetModules();
  vi.doMock(noted, () => ({
    ...real,
    accessSync: counted(real.accessSync as never),
    lstatSync: counted(real.lstatSync as never),
    openSync: counted(real.openSync as never),
    readdirSync: counted(real.readdirSync as never),
    readlinkSync: counted(real.readlinkSync as never),
    statSync: counted(real.statSync as never),
  }));
  try {
    return (await import('../../../src/observe/worker.ts')).createWorker;
  } finally {
    vi.doUnmock(noted);
    vi.resetModules();
  }
}

/** Targets with a workspace and a published environment each, and one toolchain and home for all. */
async function world(count: number) {
  const top = await scratch();
  const home = join(top, 'home');
  for (const directory of ['bin', 'src', 'pkg/tool'])
    mkdirSync(join(top, 'go', directory), { recursive: true });
  mkdirSync(home);
  writeFileSync(join(top, 'go/bin/go'), '#!/bin/sh\n', { mode: 0o755 });
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
  const worker = createWorker({
    clock: () => 0,
    machine,
    emitter: { resource: {}, version: '0', randomId: () => '00', digest: (text) => String(text.length) },
    refine: async (target) => target,
    committed: async () => undefined,
    exemptions: async (target) => ({
      value: exemptionsOf({ waivers: [], deployments: [] }, [], target),
    }),
    accepted: async () => ({}),
    cache: async () => ({}),
    digest: async () => ({}),
    tell: () => {},
  });
  for (const settings of targets) {
    let past = writePast({ remembered: nothingRemembered, demands: {} });
    // Until nothing is left to learn.
    for (let settled = false; !settled; ) {
      const job = { kind: 'look', settings, past, collectors: [], whole: false, more: true } as const;
      const answer = (await worker.handle(job)) as Looked;
      past = answer.past;
      settled = answer.settled;
    }
  }
  const check = async (round: number) => {
    paths.length = 0;
    const names = targets.map(({ name }) => name);
    const progress = new Int32Array(new SharedArrayBuffer(4));
    return await worker.handle({ kind: 'check', names, round, live: {}, progress });
  };
  return { top, targets, worker, check };
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
    expect([...new Set(paths)].sort()).toEqual([...paths].sort());
  });
});
