import {
  chmodSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { isExecutable, linksOn, listDirectory, readFile, stampOf } from '../../../src/host/files.ts';
import {
  isUnchanged,
  listsNames,
  mergeTrace,
  recordTrace,
  thisMoment,
  traceQuestion,
} from '../../../src/host/read-trace.ts';
import { createWatchIndex } from '../../../src/host/watch-index.ts';
import { scratch } from '../store/scratch.ts';

const root = '/';

/** Makes a directory with one file of each kind, and a piece of work that reads it. */
async function world() {
  const dir = await scratch();
  const file = join(dir, 'file');
  writeFileSync(file, 'one');
  mkdirSync(join(dir, 'sub'));
  symlinkSync('file', join(dir, 'link'));
  const work = async () => {
    await setImmediate();
    await Promise.all([
      readFile({ root, path: file }),
      readFile({ root, path: join(dir, 'absent') }),
      stampOf({ root, path: join(dir, 'link') }),
      listDirectory({ root, path: join(dir, 'sub') }),
    ]);
    isExecutable({ root, path: join(dir, 'program') }, 'own');
    linksOn(join(dir, 'link'));
  };
  return { dir, file, work };
}

describe('a traced look', () => {
  it('includes the trace of an earlier look that it reuses, with listings and live questions', async () => {
    const { dir, work } = await world();
    let answer = 'yes';
    const { trace: earlier } = await recordTrace(async () => {
      await work();
      traceQuestion('a question', answer, () => answer);
    });
    const { trace } = await recordTrace(async () => {
      stampOf({ root, path: join(dir, 'sub') });
      mergeTrace(earlier);
    });
    expect(trace.entries.map(({ name }) => name).sort()).toEqual(
      earlier.entries.map(({ name }) => name).sort(),
    );
    expect(trace.entries.filter(listsNames).map(({ name }) => name)).toEqual([join(dir, 'sub')]);
    expect(isUnchanged(trace, thisMoment())).toBe(true);
    answer = 'no';
    expect(isUnchanged(trace, thisMoment())).toBe(false);
  });

  it('is unchanged while nothing changed', async () => {
    const { work } = await world();
    const { trace } = await recordTrace(work);
    expect(trace.entries).toHaveLength(5);
    expect(isUnchanged(trace, thisMoment())).toBe(true);
  });

  it.each<[string, (dir: string) => void]>([
    ['a written file', (dir) => writeFileSync(join(dir, 'file'), 'two!')],
    [
      'a file replaced by an identical one',
      (dir) => {
        writeFileSync(join(dir, 'new'), 'one');
        renameSync(join(dir, 'new'), join(dir, 'file'));
      },
    ],
    ['a created file', (dir) => writeFileSync(join(dir, 'absent'), '')],
    ['a removed file', (dir) => unlinkSync(join(dir, 'file'))],
    [
      'a symlink with another target',
      (dir) => {
        rmSync(join(dir, 'link'));
        symlinkSync('sub', join(dir, 'link'));
      },
    ],
    ['a new name in a listed directory', (dir) => writeFileSync(join(dir, 'sub/new'), '')],
    ['a created program', (dir) => writeFileSync(join(dir, 'program'), '', { mode: 0o755 })],
    ['changed permissions', (dir) => chmodSync(join(dir, 'file'), 0o600)],
  ])('notices %s', async (_, change) => {
    const { dir, work } = await world();
    const { trace } = await recordTrace(work);
    change(dir);
    expect(isUnchanged(trace, thisMoment())).toBe(false);
  });

  it.each<[string, (dir: string) => void]>([
    ['a created file', (dir) => writeFileSync(join(dir, 'absent'), '')],
    ['the created target of a symlink', (dir) => writeFileSync(join(dir, 'elsewhere/target'), '')],
    ['a created parent directory', (dir) => mkdirSync(join(dir, 'gone'))],
  ])('notices %s at a path that was absent, in directories that had been at rest', async (_, change) => {
    const dir = await scratch();
    mkdirSync(join(dir, 'elsewhere'));
    symlinkSync('elsewhere/target', join(dir, 'link'));
    const rest = (at: string) => utimesSync(at, new Date(0), new Date(0));
    rest(dir);
    rest(join(dir, 'elsewhere'));
    const paths = ['absent', 'link', 'gone', 'gone/below'].map((name) => join(dir, name));
    const { trace } = await recordTrace(async () => {
      for (const path of paths) await stampOf({ root, path });
    });
    // ctime cannot be set: an absent path gets its stamp only once its directory has been at rest for a
    // while.
    vi.setSystemTime(Date.now() + 60_000);
    expect(isUnchanged(trace, thisMoment())).toBe(true);
    const missed = trace.entries.filter((one) => one.missed !== undefined).map(({ name }) => name);
    expect(missed.sort()).toEqual([join(dir, 'absent'), join(dir, 'gone')]);
    expect(isUnchanged(trace, thisMoment())).toBe(true);
    change(dir);
    expect(isUnchanged(trace, thisMoment())).toBe(false);
    vi.useRealTimers();
  });

  it('shares the stamps of one moment', async () => {
    const { file, work } = await world();
    const { trace } = await recordTrace(work);
    const now = thisMoment();
    expect(isUnchanged(trace, now)).toBe(true);
    writeFileSync(file, 'changed after that moment');
    expect(isUnchanged(trace, now)).toBe(true);
    expect(isUnchanged(trace, thisMoment())).toBe(false);
  });

  it('is separate from concurrent work', async () => {
    const a = await world();
    const b = await world();
    const [first, second] = await Promise.all([recordTrace(a.work), recordTrace(b.work)]);
    expect(first.trace.entries.every(({ name }) => name.startsWith(a.dir))).toBe(true);
    expect(second.trace.entries.every(({ name }) => name.startsWith(b.dir))).toBe(true);
  });
});

describe('kept looks', () => {
  it('with the same trace read each path and question only once per moment', async () => {
    const { file, work } = await world();
    let asked = 0;
    const watchIndex = createWatchIndex();
    for (const name of ['a', 'b', 'c']) {
      const { trace } = await recordTrace(async () => {
        await work();
        traceQuestion('work', 'same', () => {
          asked++;
          return 'same';
        });
      });
      watchIndex.keep(name, trace, true);
    }
    const now = thisMoment();
    expect(['a', 'b', 'c', 'd'].map((name) => watchIndex.same(name, now))).toEqual([true, true, true, false]);
    expect(asked).toBe(1);
    writeFileSync(file, 'changed');
    expect(['a', 'b', 'c'].map((name) => watchIndex.same(name, thisMoment()))).toEqual([false, false, false]);
  });

  it('are each compared with their own trace', async () => {
    const { file, work } = await world();
    const watchIndex = createWatchIndex();
    watchIndex.keep('before', (await recordTrace(work)).trace, true);
    writeFileSync(file, 'changed');
    watchIndex.keep('after', (await recordTrace(work)).trace, true);
    expect(['before', 'after'].map((name) => watchIndex.same(name, thisMoment()))).toEqual([false, true]);
    watchIndex.keep('before', (await recordTrace(work)).trace, true);
    watchIndex.drop('after');
    expect(['before', 'after'].map((name) => watchIndex.same(name, thisMoment()))).toEqual([true, false]);
  });
});

describe('the set of watched paths', () => {
  it('stays the same object until a trace adds or removes a path', async () => {
    const { file, work } = await world();
    const watchIndex = createWatchIndex();
    watchIndex.keep('a', (await recordTrace(work)).trace, true);
    const before = watchIndex.watched();
    expect(before).toContain(file);
    writeFileSync(file, 'changed');
    watchIndex.keep('a', (await recordTrace(work)).trace, true);
    expect(watchIndex.watched()).toBe(before);
    const { trace } = await recordTrace(async () => stampOf({ root, path: `${file}.other` }));
    watchIndex.keep('b', trace, true);
    expect([...watchIndex.watched()].sort()).toEqual([...before, `${file}.other`].sort());
    watchIndex.drop('b');
    expect(watchIndex.watched()).toEqual(before);
    watchIndex.drop('a');
    expect([...watchIndex.watched()]).toEqual([]);
  });
});

describe('background work', () => {
  it('that learnt something makes the look stale, and is asked each time', async () => {
    let knows = 'a';
    let asked = 0;
    const { trace } = await recordTrace(async () => {
      traceQuestion('work', knows, () => {
        asked++;
        return knows;
      });
    });
    expect(isUnchanged(trace, thisMoment())).toBe(true);
    knows = 'b';
    expect(isUnchanged(trace, thisMoment())).toBe(false);
    expect(asked).toBe(2);
  });
});

it('files of the kernel are not watched, even through a symlink', async () => {
  const link = join(await scratch(), 'link');
  symlinkSync('/proc/self/status', link);
  const { trace } = await recordTrace(async () => stampOf({ root, path: link }));
  const watchIndex = createWatchIndex();
  watchIndex.keep('one', trace, true);
  expect(watchIndex.watched()).toContain(link);
  expect([...watchIndex.watched()].filter((path) => path.startsWith('/proc/'))).toEqual([]);
});
