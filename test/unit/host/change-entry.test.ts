/** Changing one name from one state to another, or not at all: real files, symlinks and permissions. */
import {
  appendFileSync,
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { besideNames, changeEntry, settleBeside } from '../../../src/host/change-entry.ts';
import { type EntryState, isSameEntry, readEntry } from '../../../src/host/entry-state.ts';
import { scratch } from '../../lab/toolchains.ts';

const id = '0123abcd';

function place(): { readonly directory: string; readonly file: string } {
  const directory = realpathSync(scratch('entry'));
  return { directory, file: path.join(directory, 'env') };
}

/** Returns the state of a file with these bytes, made in another directory. */
async function stateOfFile(bytes: string, mode = 0o640) {
  const { file } = place();
  writeFileSync(file, bytes);
  chmodSync(file, mode);
  return { state: (await readEntry(file)).state, bytes: Buffer.from(bytes) };
}

const stateOf = async (file: string) => (await readEntry(file)).state;

describe('a change of one name', () => {
  it('works from each state to each other state, and back', async () => {
    const one = await stateOfFile('GOFLAGS=-mod=mod\n');
    const other = await stateOfFile('GOFLAGS=-trimpath\n', 0o600);
    const states: readonly { readonly state: EntryState; readonly bytes?: Buffer }[] = [
      { state: { kind: 'absent' } },
      one,
      other,
      { state: { kind: 'link', to: '/nowhere/at all' } },
      { state: { kind: 'link', to: 'beside' } },
    ];
    for (const from of states) {
      for (const to of states) {
        const { directory, file } = place();
        const put = (before: EntryState, after: (typeof states)[number]) =>
          changeEntry(
            {
              directory,
              name: 'env',
              before,
              after: after.state,
              ...(after.bytes === undefined ? {} : { bytes: after.bytes }),
            },
            id,
          );
        await put({ kind: 'absent' }, from);
        expect(await put(from.state, to)).toBe('done');
        expect(await stateOf(file)).toEqual(to.state);
        expect(await put(to.state, from)).toBe('done');
        expect(await stateOf(file)).toEqual(from.state);
        expect(readdirSync(directory)).toEqual(from.state.kind === 'absent' ? [] : ['env']);
      }
    }
  });

  it('is refused if the name is in another state', async () => {
    const one = await stateOfFile('A=1\n');
    const other = await stateOfFile('A=2\n');
    const { directory, file } = place();
    writeFileSync(file, 'A=3\n', { mode: 0o640 });
    const found = await stateOf(file);
    const change = { directory, name: 'env', after: other.state, bytes: other.bytes };
    expect(await changeEntry({ ...change, before: one.state }, id)).toEqual({ changed: found });
    expect(await changeEntry({ ...change, before: { kind: 'absent' } }, id)).toEqual({ changed: found });
    expect(readFileSync(file, 'utf8')).toBe('A=3\n');
    expect(readdirSync(directory)).toEqual(['env']);
  });

  it('leaves the target of a symlink, and the other hard link of a file', async () => {
    const after = await stateOfFile('A=2\n');
    const { directory, file } = place();
    writeFileSync(path.join(directory, 'dotfile'), 'A=1\n');
    symlinkSync('dotfile', file);
    const change = { directory, name: 'env', after: after.state, bytes: after.bytes };
    expect(await changeEntry({ ...change, before: { kind: 'link', to: 'dotfile' } }, id)).toBe('done');
    expect(readFileSync(path.join(directory, 'dotfile'), 'utf8')).toBe('A=1\n');

    linkSync(path.join(directory, 'dotfile'), path.join(directory, 'twin'));
    const before = await stateOf(path.join(directory, 'twin'));
    expect(await changeEntry({ ...change, name: 'twin', before }, id)).toBe('done');
    expect(readFileSync(path.join(directory, 'dotfile'), 'utf8')).toBe('A=1\n');
  });

  it('changes no directory, and nothing below a symlinked directory', async () => {
    const after = await stateOfFile('A=2\n');
    const { directory, file } = place();
    mkdirSync(file);
    const change = { directory, name: 'env', after: after.state, bytes: after.bytes };
    const what = { kind: 'other', what: 'a directory' } as const;
    expect(await changeEntry({ ...change, before: what }, id)).toEqual({ changed: what });

    const real = path.join(directory, 'real');
    mkdirSync(real);
    symlinkSync('real', path.join(directory, 'linked'));
    const through = {
      ...change,
      directory: path.join(directory, 'linked'),
      before: { kind: 'absent' },
    } as const;
    await expect(changeEntry(through, id)).rejects.toMatchObject({ code: 'ESTALE' });
    renameSync(real, path.join(directory, 'moved'));
    symlinkSync(directory, real);
    const below = { ...through, directory: path.join(real, 'moved') };
    await expect(changeEntry(below, id)).rejects.toMatchObject({ code: 'ESTALE' });
    expect(readdirSync(path.join(directory, 'moved'))).toEqual([]);
  });

  it('works for a name of maximum length', async () => {
    const [one, other] = [await stateOfFile('A=1\n'), await stateOfFile('A=2\n')];
    const { directory } = place();
    const name = 'ü'.repeat(127);
    const change = {
      directory,
      name,
      before: { kind: 'absent' },
      after: one.state,
      bytes: one.bytes,
    } as const;
    const long = 'f'.repeat(16);
    expect(await changeEntry(change, long)).toBe('done');
    expect(
      await changeEntry({ ...change, before: one.state, after: other.state, bytes: other.bytes }, long),
    ).toBe('done');
    expect(readdirSync(directory)).toEqual([name]);
    await settleBeside(directory, name, one.state, long);
  });

  it('restores a file that is written to while it is replaced', async () => {
    const after = await stateOfFile('A=2\n');
    const { directory, file } = place();
    writeFileSync(file, 'A=1\n');
    const before = await stateOf(file);
    const { old } = besideNames('env', id);
    // The bytes are read after the old state was compared and before the rename: this getter writes in
    // between.
    const change = {
      directory,
      name: 'env',
      before,
      after: after.state,
      get bytes() {
        appendFileSync(file, 'B=1\n');
        return after.bytes;
      },
    };
    expect(await changeEntry(change, id)).toMatchObject({ changed: { kind: 'file', size: 8 } });
    expect(readFileSync(file, 'utf8')).toBe('A=1\nB=1\n');
    expect(readdirSync(directory)).toEqual(['env']);
    expect(old).not.toBe('env');
  });

  it('removes the temporary files of a killed change', async () => {
    const { directory, file } = place();
    const { next, old } = besideNames('env', id);
    for (const name of ['env', next, old, `.env.godrift-ffff0000.new`])
      writeFileSync(path.join(directory, name), '');
    await settleBeside(directory, 'env', await stateOf(path.join(directory, old)), id);
    expect(readdirSync(directory).sort()).toEqual(['.env.godrift-ffff0000.new', 'env']);
    expect(lstatSync(file).isFile()).toBe(true);
    // Content that another user wrote into the old file is kept.
    writeFileSync(path.join(directory, old), 'B=1\n');
    await settleBeside(directory, 'env', { kind: 'absent' }, id);
    expect(readFileSync(file, 'utf8')).toBe('B=1\n');
    await settleBeside(path.join(directory, 'nowhere'), 'env', { kind: 'absent' }, id);
  });
});

describe('states of a file', () => {
  it('are equal only if bytes, permissions and owner are equal', async () => {
    const { file } = place();
    writeFileSync(file, 'A=1\n');
    const state = await stateOf(file);
    chmodSync(file, 0o400);
    expect(isSameEntry(state, await stateOf(file))).toBe(false);
    symlinkSync('x', `${file}.link`);
    expect(readlinkSync(`${file}.link`)).toBe('x');
    expect(await stateOf(`${file}.link`)).toEqual({ kind: 'link', to: 'x' });
    expect(await stateOf(`${file}.none`)).toEqual({ kind: 'absent' });
  });
});
