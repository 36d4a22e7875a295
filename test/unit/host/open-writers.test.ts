/** Which processes have a file open for writing: real processes that do, and others that do not. */
import { chmodSync, closeSync, copyFileSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it, onTestFinished } from 'vitest';
import * as walk from '../../../src/host/open-writers.ts';
import { eventually } from '../../lab/eventually.ts';
import { scratch } from '../../lab/toolchains.ts';

/** Returns the processes that have one file open for writing. */
const openWriters = (file: string) => walk.openWriters([file]).writers.get(file) ?? [];

/**
 * Starts a shell that keeps the file open with this redirection (`>`, `<` …) until the test ends; `exec`
 * makes it a single process.
 */
async function holder(file: string, way: string) {
  const ready = `${file}.ready`;
  const child = execa('sh', ['-c', `exec 3${way}"$0"; : > "$1"; exec sleep 600`, file, ready], {
    reject: false,
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await child;
  });
  await eventually('the file to be open', async () => {
    readFileSync(ready);
    return readFileSync(`/proc/${child.pid}/comm`, 'utf8') === 'sleep\n';
  });
  rmSync(ready);
  // Wrapped in an object, since execa’s process is also a promise of its end.
  return { child };
}

it.skipIf(process.platform !== 'linux')(
  'finds only processes that have the file open for writing',
  async () => {
    const file = join(scratch('open-writers'), 'env');
    writeFileSync(file, 'GOFLAGS=-x\n');
    expect(openWriters(file)).toEqual([]);
    const began = Date.now();
    await holder(file, '<');
    expect(openWriters(file)).toEqual([]);
    const own = openSync(file, 'a');
    onTestFinished(() => closeSync(own));
    expect(openWriters(file)).toEqual([]);
    const { child } = await holder(file, '>>');
    const found = openWriters(file);
    expect(found).toMatchObject([
      { pid: child.pid, program: expect.stringMatching(/^(?:sleep|coreutils|busybox)$/) },
    ]);
    // The kernel reports the boot time in whole seconds.
    expect(Math.abs((found[0]?.started ?? 0) - began)).toBeLessThan(300_000);
    // A new file of the same name.
    rmSync(file);
    writeFileSync(file, '');
    expect(openWriters(file)).toEqual([]);
    child.kill('SIGKILL');
    await child;
    expect(openWriters(file)).toEqual([]);
  },
);

it('finds no writer of an absent file', () => {
  expect(openWriters(join(scratch('open-writers'), 'absent'))).toEqual([]);
});

it.skipIf(process.platform !== 'linux')(
  'searches many files at once, and reports if not every descriptor was inspected',
  async () => {
    const folder = scratch('open-writers');
    const files = ['a', 'b', 'c'].map((name) => join(folder, name));
    for (const file of files) writeFileSync(file, '');
    const [a, b, c] = files as [string, string, string];
    const holders = [await holder(a, '>>'), await holder(a, '<>'), await holder(b, '>')];
    const { writers, whole } = walk.openWriters([...files, join(folder, 'absent')]);
    expect(whole).toBe(true);
    expect([...writers].map(([file, found]) => [file, found.map(({ pid }) => pid).sort()])).toEqual([
      [a, [holders[0]?.child.pid, holders[1]?.child.pid].sort()],
      [b, [holders[2]?.child.pid]],
    ]);
    expect(writers.get(c)).toBeUndefined();
    expect(walk.openWriters(files, 0)).toEqual({ writers: new Map(), whole: false });
  },
);

it.skipIf(process.platform !== 'linux')('names a program by its file, cut at a whole character', async () => {
  const folder = scratch('open-writers');
  const file = join(folder, 'env');
  // 64 characters are kept; the last one is outside of the Basic Multilingual Plane.
  const name = `a\nb${'x'.repeat(60)}\u{1F600}${'y'.repeat(40)}`;
  // Some builds of sleep act by their name; a copy of node works under any name.
  copyFileSync(process.execPath, join(folder, name));
  chmodSync(join(folder, name), 0o755);
  const child = execa(
    join(folder, name),
    ['-e', 'fs.openSync(process.argv[1], "w"); setInterval(() => {}, 60_000)', file],
    {
      reject: false,
    },
  );
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await child;
  });
  const [found] = await eventually('the file to be open', async () => {
    const all = openWriters(file);
    return all.length > 0 && all;
  });
  expect(found?.program).toBe(`a\nb${'x'.repeat(60)}\u{1F600}`);
});
