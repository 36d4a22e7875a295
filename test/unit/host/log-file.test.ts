/** Reading the end of a log that may be any kind of file. */
import { closeSync, ftruncateSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { expect, test } from 'vitest';
import { lastLineLimitBytes, readLastLine } from '../../../src/host/log-file.ts';
import { scratch } from '../store/scratch.ts';

test('the last complete line is found between long lines', async () => {
  const file = `${await scratch()}/log`;
  const long = 'x'.repeat(300_000);
  writeFileSync(file, `first\n${long}\nrest`);
  const found = await readLastLine(file);
  expect(found?.line?.toString()).toBe(long);
  expect([found?.end, found?.rest.toString()]).toEqual([300_007, 'rest']);
});

test('a huge file without newlines is read no further than the limit of a line', async () => {
  const file = `${await scratch()}/image`;
  const handle = openSync(file, 'w');
  try {
    // A sparse file, too large to read whole.
    ftruncateSync(handle, 2 ** 40);
    await expect(readLastLine(file)).rejects.toMatchObject({ code: 'EFOREIGN' });
    writeSync(handle, '\n', 2 ** 40 - lastLineLimitBytes - 1);
    await expect(readLastLine(file)).rejects.toMatchObject({ code: 'EFOREIGN' });
  } finally {
    closeSync(handle);
  }
});
