/** Planned files: read and stamped as if they existed, for one piece of work only; and planned symlinks. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { readFile, stampOf } from '../../../src/host/files.ts';
import { type PlannedFiles, realPathWith, withPlannedFiles } from '../../../src/host/planned-files.ts';
import { scratch } from '../store/scratch.ts';

const here = (file: string) => ({ root: '/', path: file });

it('serves planned files to that work only', async () => {
  const top = await scratch();
  const [kept, gone, made] = ['kept', 'gone', 'made'].map((name) => path.join(top, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(kept, 'as it is\n');
  writeFileSync(gone, 'as it is\n');
  const bytes = Buffer.from('as it would be\n');
  const file = { kind: 'file', bytes, mode: 0o600, uid: 7 } as const;
  const planned: PlannedFiles = new Map([
    [kept, { ...file, real: kept, sha256: 'aa'.repeat(32) }],
    [made, { ...file, real: '/elsewhere/made', sha256: 'bb'.repeat(32) }],
    [gone, { kind: 'absent' }],
  ]);
  await withPlannedFiles(planned, async () => {
    await Promise.resolve();
    for (const name of [kept, made])
      expect(readFile(here(name))).toMatchObject({ ok: true, bytes, owner: 7 });
    expect(readFile(here(made))).toMatchObject({ real: '/elsewhere/made' });
    expect(readFile(here(kept), 3)).toMatchObject({ ok: false, failure: 'too-large' });
    expect(readFile(here(gone))).toMatchObject({ ok: false, failure: 'absent' });
    expect(stampOf(here(gone))).toBeUndefined();
    expect(stampOf(here(made))).toMatchObject({ size: bytes.length, directory: false, owner: 7 });
    // A planned file gets a stamp that no real or other planned file has.
    expect(stampOf(here(made))?.inode).toBeLessThan(0);
    expect(stampOf(here(made))?.inode).not.toBe(stampOf(here(kept))?.inode);
    // The same path in another root is a different file.
    expect(readFile({ root: path.join(top, 'root'), path: kept })).toMatchObject({ ok: false });
  });
  expect(readFile(here(kept))).toMatchObject({ ok: true, bytes: Buffer.from('as it is\n') });
  expect(stampOf(here(made))).toBeUndefined();
});

it('follows symlinks as planned', async () => {
  const top = await scratch();
  for (const name of ['one/bin', 'two/bin']) mkdirSync(path.join(top, name), { recursive: true });
  symlinkSync('one', path.join(top, 'go'));
  symlinkSync('go/bin', path.join(top, 'programs'));
  symlinkSync('loop', path.join(top, 'loop'));
  const link = path.join(top, 'go');
  const of = (name: string, to?: string) =>
    realPathWith(path.join(top, name), new Map(to === undefined ? [] : [[link, to]]));
  expect(of('programs')).toBe(path.join(top, 'one/bin'));
  expect(of('programs', 'two')).toBe(path.join(top, 'two/bin'));
  expect(of('go/bin', path.join(top, 'two'))).toBe(path.join(top, 'two/bin'));
  expect(of('programs', 'three')).toBeUndefined();
  expect(of('loop')).toBeUndefined();
});
