/** Who has a file open for writing: a real process that holds it, and those that do not. */
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it, onTestFinished } from 'vitest';
import { openWriters } from '../../../src/host/open-writers.ts';
import { eventually } from '../../lab/eventually.ts';
import { scratch } from '../../lab/toolchains.ts';

/** A shell with the file open in that way (`>`, `<` …) until the test ends; `exec` makes one process of it. */
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
  // In an object: a process that was started is a promise of its end.
  return { child };
}

it.skipIf(process.platform !== 'linux')(
  'names whoever holds a file open for writing, and nobody else',
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
    // The kernel tells when the machine began in whole seconds.
    expect(Math.abs((found[0]?.started ?? 0) - began)).toBeLessThan(300_000);
    // The same name is another file now.
    rmSync(file);
    writeFileSync(file, '');
    expect(openWriters(file)).toEqual([]);
    child.kill('SIGKILL');
    await child;
    expect(openWriters(file)).toEqual([]);
  },
);

it('knows nobody of a file that is not there', () => {
  expect(openWriters(join(scratch('open-writers'), 'absent'))).toEqual([]);
});
