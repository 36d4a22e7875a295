// A removal inside a build cache stays inside it, even if its owner exchanges names meanwhile.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeWrongOutput } from '../../../src/host/cache-removal.ts';

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(path.join(tmpdir(), 'godrift-removal-'));
});
afterEach(() => rmSync(scratch, { recursive: true }));

const id = 'ab'.repeat(32);
const executable = `ab/${id}-d`;

function makeExecutable(size: number): string {
  const file = path.join(scratch, 'cache', executable, 'tool');
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, 'wrong');
  truncateSync(file, size);
  return file;
}

/**
 * Replaces the folder of an executable with a symlink as soon as its file is open in this process, then
 * exits.
 */
const exchange = `
  const fs = require('node:fs');
  const [pid, file, elsewhere] = process.argv.slice(1);
  const folder = require('node:path').dirname(file);
  const isOpen = () => fs.readdirSync('/proc/' + pid + '/fd').some((fd) => {
    try { return fs.readlinkSync('/proc/' + pid + '/fd/' + fd) === file; } catch { return false; }
  });
  process.stdout.write('ready');
  while (!isOpen());
  fs.renameSync(folder, folder + '.away');
  fs.symlinkSync(elsewhere, folder);
`;

describe('removeWrongOutput', () => {
  it('removes a wrong executable with its folder', () => {
    const file = makeExecutable(5);
    expect(removeWrongOutput(path.join(scratch, 'cache'), executable, 5)).toBe('removed');
    expect(existsSync(path.dirname(file))).toBe(false);
  });

  it('leaves an executable whose content matches its name', () => {
    const right = createHash('sha256').update('tool').digest('hex');
    const folder = path.join(scratch, 'cache', right.slice(0, 2), `${right}-d`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'tool'), 'tool');
    expect(removeWrongOutput(path.join(scratch, 'cache'), `${right.slice(0, 2)}/${right}-d`, 4)).toBe(
      'changed',
    );
    expect(existsSync(path.join(folder, 'tool'))).toBe(true);
  });

  it.skipIf(process.platform !== 'linux')(
    'removes nothing elsewhere if the folder becomes a symlink while its file is read',
    async () => {
      const size = 1 << 29; // sparse; reading it leaves time for the exchange
      const file = makeExecutable(size);
      const elsewhere = path.join(scratch, 'elsewhere');
      mkdirSync(elsewhere);
      writeFileSync(path.join(elsewhere, 'tool'), 'precious');
      const other = spawn(process.execPath, ['-e', exchange, `${process.pid}`, file, elsewhere]);
      const ended = new Promise((resolve) => other.once('exit', resolve));
      await new Promise((resolve) => other.stdout.once('data', resolve));
      removeWrongOutput(path.join(scratch, 'cache'), executable, size);
      expect(existsSync(path.join(elsewhere, 'tool'))).toBe(true);
      // If the exchange came too late, the test has shown nothing and fails here.
      other.kill();
      await ended;
      expect(existsSync(`${path.dirname(file)}.away`)).toBe(true);
    },
  );
});
