/** How a file is opened: never before it is known to be one, and the one that was looked at, whatever is exchanged meanwhile. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  readFileSync,
  readSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { readFile, scanFile, withReader } from '../../../src/host/files.ts';
import { hashFile } from '../../../src/host/hash-file.ts';
import { openRegular } from '../../../src/host/open.ts';
import { fullPace } from '../../../src/host/pace.ts';
import { hashTreeFile, readSmallSync } from '../../../src/host/tree.ts';
import { scratch } from '../store/scratch.ts';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

const wchan = (pid: number | undefined) => {
  try {
    return readFileSync(`/proc/${pid}/wchan`, 'utf8');
  } catch {
    return '';
  }
};
/** Where the kernel tells root in which of its functions a process waits (proc_pid_wchan(5)). */
const told = process.getuid?.() === 0 && wchan(process.pid) !== '';

describe('opening a file', () => {
  it.skipIf(!told)(
    `lets no writer of a FIFO go${told ? '' : ' [skipped, missing: root and wchan]'}`,
    async () => {
      const fifo = join(await scratch(), 'fifo');
      execFileSync('mkfifo', [fifo]);
      const writer = spawn('sh', ['-c', 'echo line > "$1" && echo went', 'sh', fifo], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      children.push(writer);
      let went = '';
      writer.stdout?.on('data', (text) => {
        went += String(text);
      });
      while (wchan(writer.pid) !== 'wait_for_partner') await wait(10);
      expect(readFile({ root: '/', path: fifo })).toMatchObject({ failure: 'not-regular' });
      expect(withReader(fifo, () => true)).toBeUndefined();
      expect(scanFile(fifo, 0, () => true)).toBeUndefined();
      expect(readSmallSync(fifo)).toBeUndefined();
      expect(await hashTreeFile(fifo)).toBeUndefined();
      expect(hashFile(fifo, { limit: 100, pace: fullPace, describe: () => undefined })).toBe('not-regular');
      // The line is still there for its reader.
      expect([wchan(writer.pid), went]).toEqual(['wait_for_partner', '']);
      expect(execFileSync('cat', [fifo], { encoding: 'utf8' })).toBe('line\n');
    },
  );

  it('reads what was looked at, and tells where that is', async () => {
    const dir = await scratch();
    const [file, link, elsewhere] = [join(dir, 'file'), join(dir, 'link'), join(dir, 'elsewhere')];
    mkdirSync(elsewhere);
    writeFileSync(file, 'mine');
    writeFileSync(join(elsewhere, 'secret'), 'theirs');
    symlinkSync(join(elsewhere, 'secret'), link);
    const { fd, real } = openRegular(file, { seen: () => renameSync(link, file) });
    const bytes = Buffer.alloc(10);
    expect(bytes.toString('utf8', 0, readSync(fd, bytes))).toBe('mine');
    expect(real).not.toBe(join(elsewhere, 'secret'));
    closeSync(fd);
    expect(readFile({ root: '/', path: file })).toMatchObject({ real: join(elsewhere, 'secret') });
    expect(() => openRegular(file, { follow: false })).toThrow('ELOOP');
    expect(() => openRegular(dir)).toThrow('ENXIO');
  });
});
