/**
 * Which programs may be run: permissions along the whole path, and directories whose programs are refused.
 */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkProgram, isWithin, otherWriter } from '../../../src/host/checked-program.ts';

const root = process.getuid?.() === 0;
const directory = 0o040000;
const file = 0o100000;

describe('the other writer of a file or directory', () => {
  it.each([
    ['root’s own', { uid: 0, mode: file | 0o755 }, undefined],
    ['this user’s own', { uid: 1000, mode: file | 0o700 }, undefined],
    ['another user’s', { uid: 1001, mode: file | 0o755 }, 'belongs to uid 1001'],
    ['another user’s sticky directory', { uid: 1001, mode: directory | 0o1777 }, 'belongs to uid 1001'],
    ['a group-writable file', { uid: 0, mode: file | 0o775 }, 'can be written by its group'],
    ['a world-writable file', { uid: 1000, mode: file | 0o757 }, 'can be written by everybody'],
    ['a group-writable directory', { uid: 1000, mode: directory | 0o775 }, 'can be written by its group'],
    ['a world-writable directory', { uid: 0, mode: directory | 0o777 }, 'can be written by everybody'],
    ['/tmp', { uid: 0, mode: directory | 0o1777 }, undefined],
    ['a file with the sticky bit', { uid: 0, mode: file | 0o1777 }, 'can be written by everybody'],
  ] as const)('%s', (_, rights, expected) => {
    expect(otherWriter(rights, 1000)).toBe(expected);
  });
});

it('a directory contains itself and what is below it, but not siblings with its prefix', () => {
  expect(isWithin('/a/b', '/a/b')).toBe(true);
  expect(isWithin('/a/b/c', '/a/b')).toBe(true);
  expect(isWithin('/a/bc', '/a/b')).toBe(false);
  expect(isWithin('/a', '/')).toBe(true);
});

describe('a program', () => {
  let home = '';
  const go = () => join(home, 'sdk/bin/go');
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'checked-'));
    mkdirSync(join(home, 'sdk/bin'), { recursive: true, mode: 0o755 });
    mkdirSync(join(home, 'ws'), { mode: 0o755 });
    writeFileSync(go(), '', { mode: 0o755 });
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  it('is accepted below directories of root and this user, and returned by its real path', () => {
    expect(checkProgram(go(), [join(home, 'ws')])).toEqual({ program: go() });
    symlinkSync(join(home, 'sdk'), join(home, 'go'));
    expect(checkProgram(join(home, 'go/bin/go'), [])).toEqual({ program: go() });
  });

  it('is refused inside the code: directly, through a symlink out of it, or through a symlink into it', () => {
    const ws = join(home, 'ws');
    const refused = { why: `it lies in ${ws}, the code being checked` };
    writeFileSync(join(ws, 'go'), '', { mode: 0o755 });
    expect(checkProgram(join(ws, 'go'), [ws])).toEqual(refused);
    symlinkSync(go(), join(ws, 'go-out'));
    expect(checkProgram(join(ws, 'go-out'), [ws])).toEqual(refused);
    symlinkSync(join(ws, 'go'), join(home, 'go-in'));
    expect(checkProgram(join(home, 'go-in'), [ws])).toEqual(refused);
    symlinkSync(ws, join(home, 'ws-link'));
    expect(checkProgram(join(ws, 'go'), [join(home, 'ws-link')])).toMatchObject({
      why: expect.stringContaining('it lies in'),
    });
  });

  it.each(['sdk', 'sdk/bin', 'sdk/bin/go'])('is refused if others may write to %s', (part) => {
    chmodSync(join(home, part), 0o757);
    expect(checkProgram(go(), [])).toEqual({ why: `${join(home, part)} can be written by everybody` });
    chmodSync(join(home, part), 0o775);
    expect(checkProgram(go(), [])).toEqual({ why: `${join(home, part)} can be written by its group` });
  });

  it.runIf(root).each(['sdk', 'sdk/bin', 'sdk/bin/go'])(
    'is refused if %s belongs to another user',
    (part) => {
      chownSync(join(home, part), 4321, 4321);
      expect(checkProgram(go(), [])).toEqual({ why: `${join(home, part)} belongs to uid 4321` });
    },
  );

  it('is refused if the path is relative or absent', () => {
    expect(checkProgram('sdk/bin/go', [])).toMatchObject({
      why: expect.stringContaining('cannot be reached'),
    });
    expect(checkProgram(join(home, 'none'), [])).toMatchObject({
      why: expect.stringContaining('cannot be reached'),
    });
  });
});
