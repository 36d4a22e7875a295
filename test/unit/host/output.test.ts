import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readFile, symlink } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { descriptorOf, writeOutput } from '../../../src/host/output.ts';
import { scratch } from '../store/scratch.ts';

// Larger than the capacity of a pipe (pipe(7): 64 KiB).
const long = 'line of a report\n'.repeat(10_000);

test('only names that stand for a file descriptor give one', () => {
  expect(['/dev/stdout', '/dev/stderr', '/dev/fd/63', '/proc/self/fd/3'].map(descriptorOf)).toEqual([
    1, 2, 63, 3,
  ]);
  expect(['/dev/null', '/dev/fd/', '/dev/fd/3x', '/proc/1/fd/3', 'dev/stdout'].map(descriptorOf)).toEqual(
    Array(5).fill(undefined),
  );
});

test('output to an open descriptor continues at its offset', async () => {
  const file = path.join(await scratch(), 'a');
  const fd = openSync(file, 'w');
  await writeOutput(`/dev/fd/${fd}`, 'one\n', { pipes: true });
  await writeOutput(`/dev/fd/${fd}`, 'two\n', { pipes: true });
  closeSync(fd);
  expect(await readFile(file, 'utf8')).toBe('one\ntwo\n');
  await expect(writeOutput('/dev/fd/999999', 'x', { pipes: true })).rejects.toMatchObject({ code: 'EBADF' });
});

test('a named pipe is written to only if allowed, a device always, and a symlink to either never', async () => {
  const directory = await scratch();
  const pipe = path.join(directory, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const reader = spawn('cat', [pipe], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [read] = await Promise.all([text(reader.stdout), writeOutput(pipe, long, { pipes: true })]);
  expect(read).toBe(long);
  if (reader.exitCode === null) await once(reader, 'exit');
  await expect(writeOutput(pipe, long, { pipes: false })).rejects.toMatchObject({ code: 'EFTYPE' });
  await writeOutput('/dev/null', long, { pipes: false });
  for (const [name, leadsTo] of [
    ['to-pipe', 'pipe'],
    ['to-null', '/dev/null'],
    ['to-stdout', '/dev/stdout'],
  ] as const) {
    await symlink(leadsTo, path.join(directory, name));
    await expect(writeOutput(path.join(directory, name), 'x', { pipes: true })).rejects.toMatchObject({
      code: 'ELOOP',
    });
  }
});
