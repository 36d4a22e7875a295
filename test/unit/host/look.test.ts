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
import { looksTheSame, type Marks, noteLive, recordLook } from '../../../src/host/look.ts';
import { scratch } from '../store/scratch.ts';

const root = '/';

/** A directory with one of everything, and what a piece of work asks of it. */
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

describe('a look', () => {
  it('is the same while nothing moved', async () => {
    const { work } = await world();
    const { look } = await recordLook(work);
    expect(look.marks.size).toBe(5);
    expect(looksTheSame(look, new Map())).toBe(true);
  });

  it.each<[string, (dir: string) => void]>([
    ['a file that was written', (dir) => writeFileSync(join(dir, 'file'), 'two!')],
    [
      'a file that was replaced by its equal',
      (dir) => {
        writeFileSync(join(dir, 'new'), 'one');
        renameSync(join(dir, 'new'), join(dir, 'file'));
      },
    ],
    ['a file that came', (dir) => writeFileSync(join(dir, 'absent'), '')],
    ['a file that went', (dir) => unlinkSync(join(dir, 'file'))],
    [
      'a link that leads elsewhere',
      (dir) => {
        rmSync(join(dir, 'link'));
        symlinkSync('sub', join(dir, 'link'));
      },
    ],
    ['a name in a directory', (dir) => writeFileSync(join(dir, 'sub/new'), '')],
    ['a program that came', (dir) => writeFileSync(join(dir, 'program'), '', { mode: 0o755 })],
    ['other permissions', (dir) => chmodSync(join(dir, 'file'), 0o600)],
  ])('sees %s', async (_, change) => {
    const { dir, work } = await world();
    const { look } = await recordLook(work);
    change(dir);
    expect(looksTheSame(look, new Map())).toBe(false);
  });

  it.each<[string, (dir: string) => void]>([
    ['a file that came', (dir) => writeFileSync(join(dir, 'absent'), '')],
    ['what a link leads to', (dir) => writeFileSync(join(dir, 'elsewhere/target'), '')],
    ['a directory above it', (dir) => mkdirSync(join(dir, 'gone'))],
  ])('sees %s where it was missed before, in directories that had long been at rest', async (_, change) => {
    const dir = await scratch();
    mkdirSync(join(dir, 'elsewhere'));
    symlinkSync('elsewhere/target', join(dir, 'link'));
    const rest = (at: string) => utimesSync(at, new Date(0), new Date(0));
    rest(dir);
    rest(join(dir, 'elsewhere'));
    const paths = ['absent', 'link', 'gone', 'gone/below'].map((name) => join(dir, name));
    const { look } = await recordLook(async () => {
      for (const path of paths) await stampOf({ root, path });
    });
    // ctime cannot be set: what is absent counts as missed when its directory has been at rest for a while.
    vi.setSystemTime(Date.now() + 60_000);
    expect(looksTheSame(look, new Map())).toBe(true);
    expect([...look.missed.keys()].sort()).toEqual([join(dir, 'absent'), join(dir, 'gone')]);
    expect(looksTheSame(look, new Map())).toBe(true);
    change(dir);
    expect(looksTheSame(look, new Map())).toBe(false);
    vi.useRealTimers();
  });

  it('shares the marks of one moment', async () => {
    const { file, work } = await world();
    const { look } = await recordLook(work);
    const now: Marks = new Map();
    expect(looksTheSame(look, now)).toBe(true);
    writeFileSync(file, 'changed after that moment');
    expect(looksTheSame(look, now)).toBe(true);
    expect(looksTheSame(look, new Map())).toBe(false);
  });

  it('is kept apart from the work beside it', async () => {
    const a = await world();
    const b = await world();
    const [first, second] = await Promise.all([recordLook(a.work), recordLook(b.work)]);
    expect([...first.look.marks.keys()].every((path) => path.startsWith(a.dir))).toBe(true);
    expect([...second.look.marks.keys()].every((path) => path.startsWith(b.dir))).toBe(true);
  });
});

describe('background work', () => {
  it('that learnt something is a reason to look again, and is asked each time', async () => {
    let knows = 'a';
    let asked = 0;
    const { look } = await recordLook(async () => {
      noteLive('work', knows, () => {
        asked++;
        return knows;
      });
    });
    expect(looksTheSame(look, new Map())).toBe(true);
    knows = 'b';
    expect(looksTheSame(look, new Map())).toBe(false);
    expect(asked).toBe(2);
  });
});
