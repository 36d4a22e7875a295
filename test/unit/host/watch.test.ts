/** Watches of directories that are reached by several paths, with real inotify. */
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type DirectoryWatcher, watchFiles } from '../../../src/host/watch.ts';

const open: DirectoryWatcher[] = [];
const places: string[] = [];

afterEach(() => {
  for (const watcher of open.splice(0)) watcher.close();
  for (const place of places.splice(0)) rmSync(place, { recursive: true, force: true });
});

function site() {
  const top = realpathSync(mkdtempSync(join(tmpdir(), 'godrift-watch-')));
  places.push(top);
  mkdirSync(join(top, 'real'));
  symlinkSync('real', join(top, 'link'));
  const seen: string[] = [];
  const watcher = watchFiles((file) => seen.push(file.slice(top.length + 1)));
  open.push(watcher);
  return { top, seen, watcher, in: (...names: string[]) => names.map((name) => join(top, name)) };
}

async function until(what: () => boolean): Promise<void> {
  const end = Date.now() + 50_000;
  while (!what()) {
    if (Date.now() > end) throw new Error('no event came');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('a directory watched by its path and through a symlink', () => {
  it.each([
    ['the path first', ['real/file', 'link/file']],
    ['the link first', ['link/file', 'real/file']],
  ])('%s: has one watch, and reports both paths', async (_, names) => {
    const { top, seen, watcher, in: at } = site();
    // The second watch is on the directory that contains the symlink.
    expect(watcher.set(at(...names))).toBe(2);
    expect(watcher.stats).toMatchObject({ watches: 2, failed: 0 });
    writeFileSync(join(top, 'real/file'), '1');
    await until(() => seen.includes('real/file') && seen.includes('link/file'));
  });

  it.each([
    ['the path first', ['real/file', 'link/file']],
    ['the link first', ['link/file', 'real/file']],
  ])('%s: is watched again after it was removed and recreated', async (_, names) => {
    const { top, seen, watcher, in: at } = site();
    watcher.set(at(...names));
    for (let round = 0; round < 3; round++) {
      seen.length = 0;
      rmSync(join(top, 'real'), { recursive: true });
      // The new directory usually gets the inode of the old one.
      mkdirSync(join(top, 'real'));
      await until(() => seen.includes('real') && seen.includes('link'));
      watcher.set(at(...names));
      seen.length = 0;
      writeFileSync(join(top, 'real/file'), String(round));
      await until(() => seen.includes('real/file') && seen.includes('link/file'));
    }
  });

  it.each([
    ['itself', 'link'],
    ['on the way', 'outer/inner'],
    ['behind another one', 'first/inner'],
  ])('a retargeted symlink (%s) is announced, and its new directory is watched', async (_, directory) => {
    const { top, seen, watcher, in: at } = site();
    for (const name of ['real', 'next']) mkdirSync(join(top, name, 'inner'), { recursive: true });
    symlinkSync('real', join(top, 'outer'));
    symlinkSync('outer', join(top, 'first'));
    const files = at(`${directory}/file`);
    watcher.set(files);
    const turned = directory === 'link' ? 'link' : 'outer';
    symlinkSync('next', join(top, 'new'));
    renameSync(join(top, 'new'), join(top, turned));
    await until(() => seen.includes(directory));
    watcher.set(files);
    seen.length = 0;
    writeFileSync(join(top, directory, 'file'), '');
    await until(() => seen.includes(`${directory}/file`));
  });

  it('stays watched after the path it was first watched by is gone', async () => {
    const { top, seen, watcher, in: at } = site();
    watcher.set(at('link/file', 'real/file'));
    renameSync(join(top, 'link'), join(top, 'other'));
    expect(watcher.set(at('real/file', 'other/file'))).toBe(1);
    writeFileSync(join(top, 'real/file'), '1');
    await until(() => seen.includes('real/file') && seen.includes('other/file'));
  });
});

/** The kernel’s limit of queued events for a process that does not read them. */
const queued = Number(readFileSync('/proc/sys/fs/inotify/max_queued_events', 'utf8'));

describe.skipIf(queued > 100_000)(
  `a full event queue${queued > 100_000 ? ` [skipped, missing: a queue of fewer than ${queued}]` : ''}`,
  () => {
    it('does not leave a watch blind whose end was lost, even if the new directory has the same inode', async () => {
      const { top, seen, watcher, in: at } = site();
      mkdirSync(join(top, 'busy'));
      const files = at('real/file', 'busy/file');
      watcher.set(files);
      // The queue is not read during this loop.
      for (let event = 0; event <= queued; event += 2) {
        writeFileSync(join(top, 'busy/file'), '');
        rmSync(join(top, 'busy/file'));
      }
      rmSync(join(top, 'real'), { recursive: true });
      mkdirSync(join(top, 'real'));
      await until(() => seen.includes('busy/file'));
      watcher.set(files);
      seen.length = 0;
      writeFileSync(join(top, 'real/file'), '');
      await until(() => seen.includes('real/file'));
    });
  },
);

describe('the check whether watches are current', () => {
  const world = () => {
    const { top, watcher, in: at } = site();
    mkdirSync(join(top, 'a/b'), { recursive: true });
    watcher.set(at('a/b/file', 'real/later/file', 'link/file'));
    return { top, watcher, at };
  };

  it('succeeds while every directory is the watched one', () => {
    const { top, watcher } = world();
    writeFileSync(join(top, 'a/b/file'), '1');
    mkdirSync(join(top, 'beside'));
    expect(watcher.current()).toBe(true);
  });

  it.each<[string, (top: string) => void]>([
    [
      'a parent directory was moved, which gives no event',
      (top) => renameSync(join(top, 'a'), join(top, 'c')),
    ],
    [
      'another directory took the name',
      (top) => {
        renameSync(join(top, 'a/b'), join(top, 'a/gone'));
        mkdirSync(join(top, 'a/b'));
      },
    ],
    ['an absent directory was created', (top) => mkdirSync(join(top, 'real/later'))],
    [
      'a symlink was retargeted',
      (top) => {
        rmSync(join(top, 'link'));
        symlinkSync('a', join(top, 'link'));
      },
    ],
  ])('fails if %s, until the watches are set again', (_, change) => {
    const { top, watcher, at } = world();
    change(top);
    expect(watcher.current()).toBe(false);
    watcher.set(at('a/b/file', 'real/later/file', 'link/file'));
    expect(watcher.current()).toBe(true);
  });
});
