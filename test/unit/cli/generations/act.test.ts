/**
 * Changes to cache generations that were interrupted or failed halfway: the next command ends them, and the
 * journal records the actual result once.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  act,
  endInterrupted,
  type GenerationPorts,
  withStoreLock,
} from '../../../../src/cli/generations/act.ts';
import { makeNew } from '../../../../src/cli/generations/actions.ts';
import type { IntentEvent, OutcomeEvent } from '../../../../src/drift/events.ts';
import { cacheFileName, formatCacheAction } from '../../../../src/go/cache-action.ts';
import { prefixes } from '../../../../src/observe/collectors/cache/scan.ts';
import {
  begin,
  generationNames,
  generationStore,
  keepTimes,
  pendingOf,
  timesOf,
  whyStoreLeft,
} from '../../../../src/store/generations.ts';
import { scratch } from '../../store/scratch.ts';

const id = 'a'.repeat(16);

/** Makes a GOCACHE link to the first of two generations, and a journal in memory. */
async function generations() {
  const store = generationStore(path.join(await scratch(), 'go-build'));
  for (const name of ['g1', 'g2']) mkdirSync(path.join(store.directory, name), { recursive: true });
  const point = (name: string) => {
    rmSync(store.place, { force: true });
    symlinkSync(`go-build.generations/${name}`, store.place);
  };
  point('g1');
  const told: (IntentEvent | OutcomeEvent)[] = [];
  const ports: GenerationPorts = {
    now: () => 5000,
    progress: () => {},
    record: async (event) => void told.push(event),
    isOpen: async () => told.at(-1)?.type === 'intent',
  };
  const intent = () =>
    told.push({
      type: 'intent',
      facets: ['cache'],
      operation: 'cache-swap',
      directory: store.directory,
      steps: 1,
      files: [],
      why: 'swap',
    });
  const results = () => told.map((event) => (event.type === 'outcome' ? event.result : event.type));
  return { store, ports, point, intent, results };
}

const swap = { action: 'swap', generation: 'g2', from: 'g1' } as const;
const refusal = () => Object.assign(new Error('EIO'), { code: 'EIO' });

describe('a change that was killed', () => {
  it('leaves no journal line and no files if it was killed before its intent was journalled', async () => {
    const { store, ports, results } = await generations();
    await begin(store, { id, ...swap }, 5000);
    for (const name of ['pending.json.7', 'store.json.4294967295'])
      writeFileSync(path.join(store.directory, name), '{');
    mkdirSync(path.join(store.directory, '.g3.making/00'), { recursive: true });
    await endInterrupted(store, ports);
    expect(results()).toEqual([]);
    expect(readdirSync(store.directory).sort()).toEqual(['g1', 'g2', 'store.json']);
  });

  it.each([
    ['g1', 'undone'],
    ['g2', 'applied'],
  ])('is journalled once, with the result that the link shows: %s', async (current, result) => {
    const { store, ports, point, intent, results } = await generations();
    await begin(store, { id, ...swap }, 5000);
    intent();
    point(current);
    await endInterrupted(store, ports);
    expect(results()).toEqual(['intent', result]);
    expect(pendingOf(store)).toBeUndefined();
    expect(timesOf(store)).toEqual({
      g1: current === 'g1' ? {} : { left: 5000 },
      g2: current === 'g2' ? {} : { left: 5000 },
    });
    // Killed after the outcome was journalled, before the note was removed.
    await begin(store, { id, ...swap }, 5000);
    await endInterrupted(store, ports);
    expect(results()).toEqual(['intent', result]);
    expect(pendingOf(store)).toBeUndefined();
  });

  it('gets its link if the directory was already moved away', async () => {
    const { store, ports, intent, results } = await generations();
    rmSync(store.place);
    await begin(store, { id, action: 'adopt', generation: 'g1' }, 5000);
    intent();
    await endInterrupted(store, ports);
    expect(readlinkSync(store.place)).toBe('go-build.generations/g1');
    expect(results()).toEqual(['intent', 'applied']);
  });
});

describe('entries that a killed swap had not carried over', () => {
  const text = 'whole';
  const output = createHash('sha256').update(text).digest('hex');
  const entry = (digit: string) => ({
    [cacheFileName(digit.repeat(64), 'a')]: formatCacheAction({
      action: digit.repeat(64),
      output,
      size: text.length,
      time: 1n,
    }),
  });
  const files = { ...entry('a'), ...entry('b'), [cacheFileName(output, 'd')]: text };

  it('are carried over by the next command, except the unwanted ones', async () => {
    const { store, ports, point, intent } = await generations();
    const [old, fresh] = ['g1', 'g2'].map((name) => path.join(store.directory, name)) as [string, string];
    for (const name of prefixes) mkdirSync(path.join(fresh, name));
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(path.join(old, path.dirname(name)), { recursive: true });
      writeFileSync(path.join(old, name), content);
    }
    await begin(store, { id, ...swap, unwanted: ['b'.repeat(64)] }, 5000);
    intent();
    point('g2');
    await endInterrupted(store, ports);
    const taken = Object.keys(files).filter((name) => existsSync(path.join(fresh, name)));
    expect(taken).toEqual([...Object.keys(entry('a')), cacheFileName(output, 'd')]);
  });
});

describe('two commands at the same time', () => {
  it('do not both get the lock', async () => {
    const { store, ports, results } = await generations();
    const command = (work: () => Promise<unknown>) =>
      withStoreLock(store, ports, () =>
        act(store, ports, swap, async () => {
          await work();
          return { result: 'refused', why: 'only tried' };
        }),
      );
    await command(async () => {
      const why = /another command is working on it \(process \d+\); wait until/;
      await expect(command(async () => {})).rejects.toThrow(why);
      await expect(endInterrupted(store, ports)).rejects.toThrow(why);
    });
    await command(async () => {});
    expect(results()).toEqual(['intent', 'undone', 'intent', 'undone']);
  });

  it('are told apart by the pending note even without a kernel lock', async () => {
    const { store, ports, results } = await generations();
    await begin(store, { id, ...swap }, 5000);
    expect(await begin(store, { id: 'b'.repeat(16), ...swap }, 5000)).toBeUndefined();
    await expect(act(store, ports, swap, async () => ({ result: 'refused', why: '' }))).rejects.toThrow(
      `another command is working on it (pid ${process.pid})`,
    );
    expect(pendingOf(store)?.id).toBe(id);
    expect(results()).toEqual([]);
  });

  it('are not blocked by an unreadable note', async () => {
    const { store, ports } = await generations();
    writeFileSync(path.join(store.directory, 'pending.json'), '{');
    expect(
      await withStoreLock(store, ports, async () => (await begin(store, { id, ...swap }, 5000))?.id),
    ).toBe(id);
  });

  it('start nothing in a store of a newer version, and leave it as it is', async () => {
    for (const name of ['pending.json', 'store.json']) {
      const { store, ports, results } = await generations();
      const file = path.join(store.directory, name);
      const text = '{"schema":2,"novel":1}';
      writeFileSync(file, text);
      const making = path.join(store.directory, '.g3.making');
      mkdirSync(making);
      await expect(withStoreLock(store, ports, async () => {})).rejects.toThrow(
        /^cannot work on .*has schema 2 of a newer godrift.*run the godrift that wrote it/,
      );
      expect(readFileSync(file, 'utf8')).toBe(text);
      expect(existsSync(making)).toBe(true);
      expect(results()).toEqual([]);
    }
  });

  it('start nothing in a store that cannot be listed, whose generations do not count as gone', async () => {
    const { store, ports, results } = await generations();
    renameSync(store.directory, `${store.directory}.aside`);
    symlinkSync(path.basename(store.directory), store.directory);
    expect(whyStoreLeft(store)).toMatch(/^cannot list .*ELOOP$/);
    expect(() => generationNames(store)).toThrow(/^cannot work on .*: cannot list .*ELOOP/);
    await expect(makeNew(store, ports, new Set())).rejects.toThrow(/^cannot work on /);
    expect(results()).toEqual([]);
  });

  it('do not forget the times of generations while they are unreadable', async () => {
    const { store } = await generations();
    await keepTimes(store, { g1: { made: 1 } });
    const file = path.join(store.directory, 'store.json');
    const text = readFileSync(file);
    rmSync(file);
    symlinkSync('store.json', file);
    expect(() => timesOf(store)).toThrow(/^cannot work on .*: cannot read .*ELOOP/);
    rmSync(file);
    writeFileSync(file, text);
    expect(timesOf(store)).toEqual({ g1: { made: 1 } });
  });

  it('count as running for an hour if they run on another host or in another container', async () => {
    const { store, ports } = await generations();
    const file = path.join(store.directory, 'pending.json');
    const pending = await begin(store, { id, ...swap }, 5000);
    // A process with this pid may or may not run here: that says nothing about the other host.
    for (const where of [{ host: 'ci-2', boot: 'another' }, { pids: 'pid:[1]' }])
      for (const pid of [1, process.pid, 4_000_000]) {
        writeFileSync(file, JSON.stringify({ ...pending, ...where, pid }));
        await expect(endInterrupted(store, ports)).rejects.toThrow(
          /another command is working on it \(pid \d+ of .*if it ended there, remove .*pending\.json/,
        );
      }
    await endInterrupted(store, { ...ports, now: () => 5000 + 3_600_000 });
    expect(existsSync(file)).toBe(false);
    // The same host, rebooted in between.
    writeFileSync(file, JSON.stringify({ ...pending, boot: 'before', pid: 1 }));
    await endInterrupted(store, ports);
    expect(existsSync(file)).toBe(false);
  });
});

describe('a change with a system error', () => {
  it('fails if nothing changed, and counts as applied if only the work after it failed', async () => {
    const { store, ports, point, results } = await generations();
    const tried = (work: () => void) =>
      act(store, ports, swap, async () => {
        work();
        throw refusal();
      });
    await expect(tried(() => {})).rejects.toThrow(/^cannot swap .*: /);
    await expect(tried(() => point('g2'))).rejects.toThrow(/^cannot finish the swap .* it is done/);
    expect(results()).toEqual(['intent', 'failed', 'intent', 'applied']);
    expect(existsSync(path.join(store.directory, 'pending.json'))).toBe(false);
  });
});
