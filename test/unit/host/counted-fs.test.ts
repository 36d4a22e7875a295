import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  clearedOnRefusal,
  closeSync,
  countRefusal,
  openSync,
  readSync,
  refusals,
} from '../../../src/host/counted-fs.ts';
import { listDirectory, readFile, stampOf, withReader } from '../../../src/host/files.ts';
import { scratch } from '../store/scratch.ts';

/** proc_pid_mem(5): nothing is mapped at address 0, and reading there gives EIO. */
const unreadable = '/proc/self/mem';

describe('a system error', () => {
  it.runIf(process.platform === 'linux').each<[string, () => unknown]>([
    ['a file', () => readFile({ root: '/', path: unreadable }, 100, { kernel: true })],
    [
      'an open file',
      () => {
        const fd = openSync(unreadable, 'r');
        try {
          readSync(fd, Buffer.alloc(1), 0, 1, 0);
        } catch {
          // Its reader may ignore the error.
        } finally {
          closeSync(fd);
        }
      },
    ],
  ])('is counted after reading %s, whatever the caller does with the error', (_, ask) => {
    const why = refusals();
    ask();
    expect(why()).toBe('the disk gives an error (EIO)');
    expect(refusals()()).toBeUndefined();
  });

  it('is not counted for errors about a file itself, such as absent or denied', async () => {
    const dir = await scratch();
    mkdirSync(join(dir, 'sub'));
    const why = refusals();
    for (const path of [join(dir, 'absent'), join(dir, 'sub'), `${dir}/sub/absent/more`, '/proc/1/mem']) {
      readFile({ root: '/', path });
      stampOf({ root: '/', path });
      listDirectory({ root: '/', path });
      withReader(path, () => undefined);
    }
    expect(why()).toBeUndefined();
  });

  it.each(['EMFILE', 'ENFILE', 'ENOMEM', 'EIO'])('is counted for the code %s', (code) => {
    const why = refusals();
    countRefusal(Object.assign(new Error('no'), { code }));
    expect(why()).toContain(code);
  });

  it('clears the caches before the next look', () => {
    refusals(); // clear the errors of earlier tests
    const memory = clearedOnRefusal(new Map([['a', 1]]));
    refusals();
    expect(memory.size).toBe(1);
    countRefusal(Object.assign(new Error('no'), { code: 'EMFILE' }));
    memory.set('b', 2);
    refusals();
    expect(memory.size).toBe(0);
  });
});
