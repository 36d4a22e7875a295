/**
 * Symlinks to files of other users: root follows them only if the owner of the symlink could read the file
 * too.
 */
import { chmodSync, chownSync, lchownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { listDirectory, readFile, realPathOf } from '../../../src/host/files.ts';
import { entriesSync, readSmallSync } from '../../../src/host/tree.ts';
import { scratch } from '../store/scratch.ts';

const bob = 65534;

it.skipIf(process.getuid?.() !== 0)(
  'the target of a symlink is read only if the owner of the symlink may read it',
  async () => {
    const top = await scratch();
    chmodSync(top, 0o755);
    const at = (name: string) => path.join(top, name);
    for (const [name, mode] of [
      ['bob', 0o755],
      ['private', 0o700],
      ['public', 0o755],
    ] as const) {
      mkdirSync(at(name));
      chmodSync(at(name), mode);
    }
    chownSync(at('bob'), bob, bob);
    writeFileSync(at('private/secret'), 'corp.secret\n');
    writeFileSync(at('public/hidden'), 'corp.secret\n', { mode: 0o600 });
    writeFileSync(at('public/open'), 'open\n');
    const link = (name: string, target: string, uid: number) => {
      symlinkSync(target, at(name));
      lchownSync(at(name), uid, uid);
    };
    link('bob/secret', '../private/secret', bob);
    link('bob/folder', '../private', bob);
    link('bob/hidden', at('public/hidden'), bob);
    link('bob/twice', 'hidden', bob);
    link('bob/open', '../public/open', bob);
    link('bob/of-root', '../private/secret', 0);
    // Links of /proc lead anywhere, whatever their text says.
    link('bob/self', `/proc/self/root${at('private/secret')}`, bob);
    const read = (name: string) => {
      const result = readFile({ root: '/', path: at(name) });
      expect(readSmallSync(at(name))?.toString()).toBe(result.ok ? result.bytes.toString() : undefined);
      return result.ok ? result.bytes.toString().trim() : result.failure;
    };
    expect(
      Object.fromEntries(
        ['secret', 'folder/secret', 'hidden', 'twice', 'self'].map((name) => [name, read(`bob/${name}`)]),
      ),
    ).toEqual({
      secret: 'denied',
      'folder/secret': 'denied',
      hidden: 'denied',
      twice: 'denied',
      self: 'denied',
    });
    expect([read('bob/open'), read('bob/of-root'), read('private/secret')]).toEqual([
      'open',
      'corp.secret',
      'corp.secret',
    ]);
    expect(listDirectory({ root: '/', path: at('bob/folder') })).toEqual([]);
    // Paths that are resolved before they are opened, as for programs.
    expect(
      ['folder', 'hidden', 'open'].map((name) => realPathOf({ root: '/', path: at(`bob/${name}`) })),
    ).toEqual([undefined, undefined, realPathOf({ root: '/', path: at('public/open') })]);
    expect(entriesSync(at('bob/folder'))).toEqual([]);
    expect(listDirectory({ root: '/', path: at('private') })).toEqual(['secret']);
  },
);
