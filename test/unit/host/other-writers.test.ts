/** Who else may write to a path: through its directories, the symlinks on the way, or the code. */
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { whoElseExchanges, whoElseWrites } from '../../../src/host/other-writers.ts';

let home: string;
beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'writers-')));
  for (const name of ['code', 'own', 'open']) mkdirSync(join(home, name), { mode: 0o755 });
  chmodSync(join(home, 'open'), 0o777);
  for (const name of ['code/f', 'own/f', 'open/f']) writeFileSync(join(home, name), '', { mode: 0o644 });
});
afterEach(() => rmSync(home, { recursive: true }));

const why = (name: string) => whoElseWrites({ root: '/', path: join(home, name) }, [join(home, 'code')]);

describe('other writers of a path', () => {
  it('do not exist if the whole path belongs to this user', () => {
    expect(why('own/f')).toBeUndefined();
    expect(why('own/not-there-yet')).toBeUndefined();
  });

  it('include writers of the code: for a file in it, a symlink into it, and a symlink in it that leads out', () => {
    symlinkSync('../code/f', join(home, 'own/in'));
    symlinkSync('../own/f', join(home, 'code/out'));
    symlinkSync('../code/out', join(home, 'own/around'));
    for (const name of ['code/f', 'code/new', 'own/in', 'code/out', 'own/around', 'own/../code/f'])
      expect(why(name), name).toMatch(/^lies in the code/);
  });

  it('include writers of a parent directory, also of a symlink on the way', () => {
    symlinkSync('../open/f', join(home, 'own/in'));
    symlinkSync('../own/f', join(home, 'open/out'));
    symlinkSync('../open/out', join(home, 'own/around'));
    for (const name of ['open/f', 'open/new', 'own/in', 'open/out', 'own/around'])
      expect(why(name), name).toMatch(/open, which can be written by everybody$/);
  });

  it('that could replace the path itself include only writers of its directory, not of a symlink’s target', () => {
    symlinkSync('../open/f', join(home, 'own/in'));
    symlinkSync('../own/f', join(home, 'open/out'));
    const exchanges = (name: string) =>
      whoElseExchanges({ root: '/', path: join(home, name) }, [join(home, 'code')]);
    expect(exchanges('own/in')).toBeUndefined();
    expect(exchanges('open/out')).toMatch(/open, which can be written by everybody$/);
    expect(exchanges('code/f')).toMatch(/^lies in the code/);
  });

  it('are unknown in another root or for a relative path', () => {
    expect(whoElseWrites({ root: '/proc/.root-1', path: '/etc' }, [])).toMatch(/another process/);
    expect(whoElseWrites({ root: '/', path: 'bin' }, [])).toMatch(/each folder/);
  });
});
