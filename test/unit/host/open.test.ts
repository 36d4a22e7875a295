/**
 * How a file is opened: only if it is a regular file, and never a different one if names are exchanged
 * meanwhile.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readSync,
  realpathSync,
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
/** Whether the kernel shows root in which kernel function a process waits (proc_pid_wchan(5)). */
const told = process.getuid?.() === 0 && wchan(process.pid) !== '';

describe('opening a file', () => {
  it.skipIf(!told)(
    `does not unblock a writer of a FIFO${told ? '' : ' [skipped, missing: root and wchan]'}`,
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

  it.runIf(process.platform === 'linux')(
    'of the kernel, in /proc or /sys, needs the option `kernel`',
    async () => {
      const link = join(await scratch(), 'go.mod');
      symlinkSync('/proc/self/status', link);
      for (const file of [
        link,
        '/proc/self/maps',
        '/proc/version',
        '/sys/kernel/mm/transparent_hugepage/enabled',
      ]) {
        // Not every kernel has each of these files.
        if (!existsSync(file)) continue;
        expect(readFile({ root: '/', path: file }), file).toMatchObject({ failure: 'not-regular' });
        expect(
          withReader(file, () => true),
          file,
        ).toBeUndefined();
        expect(
          scanFile(file, 0, () => true),
          file,
        ).toBeUndefined();
        expect(readSmallSync(file), file).toBeUndefined();
        const options = { limit: 100, pace: fullPace, describe: () => undefined };
        expect(hashFile(realpathSync(file), options), file).toBe('not-regular');
        expect(readFile({ root: '/', path: file }, 1 << 20, { kernel: true }), file).toMatchObject({
          ok: true,
        });
      }
    },
  );

  it('asks `judge` about the real path before reading', async () => {
    const dir = await scratch();
    writeFileSync(join(dir, 'file'), 'words');
    symlinkSync('file', join(dir, 'link'));
    const asked: string[] = [];
    const judge = (real: string) => {
      asked.push(real);
      return false;
    };
    expect(readFile({ root: '/', path: join(dir, 'link') }, 100, { judge })).toMatchObject({
      failure: 'denied',
    });
    expect(asked).toEqual([realpathSync(join(dir, 'file'))]);
  });

  it('reads the file that was checked, and returns its real path', async () => {
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
