/** The page as a file: never overwrites or removes a file of another program. */
import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type KeptFile, keepFile } from '../../../../src/cli/wire/kept-file.ts';
import { ourTextfile } from '../../../../src/tell/reports/textfile.ts';
import { scratch } from '../../store/scratch.ts';

/** Runs one life of an exporter with `file`; returns the problem of the first write, if any. */
async function life(file: string): Promise<string | undefined> {
  let kept: KeptFile | undefined;
  const problem = await new Promise<string | undefined>((resolve) => {
    kept = keepFile(file, ourTextfile, {
      text: () => '# HELP godrift_x Y.\n',
      intervalMs: () => 3_600_000,
      problem: resolve,
    });
  });
  await kept?.stop();
  return problem;
}

test('a file of another program stays, even one too large to read at once', async () => {
  const directory = await scratch();
  for (const size of [9, 2 ** 26 + 1]) {
    const file = path.join(directory, String(size));
    await writeFile(file, 'precious\n');
    await truncate(file, size);
    expect(await life(file)).toBe(
      `cannot write ${file}: it holds something else than what godrift writes there`,
    );
    expect((await stat(file)).size).toBe(size);
  }
});

test('replaces a page that an earlier process left, and removes it at the stop', async () => {
  const file = path.join(await scratch(), 'godrift.prom');
  await writeFile(file, '# HELP godrift_y Old.\n');
  expect(await life(file)).toBeUndefined();
  await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' });
});
