/** With whose permissions the target of a path is read if several users control the path. */
import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Credentials } from '../../../src/host/credentials.ts';
import { rightsElsewhere, rightsOfDirectory, rightsOfPath } from '../../../src/host/path-owner.ts';

const isRoot = process.getuid?.() === 0;
/** Ids that no account has. */
const [ci, other, club] = [64_321, 64_322, 64_323];

const said = (who: Credentials | undefined) =>
  who === undefined || who === 'own' ? who : { uid: who.uid, gids: [...who.gids] };
const anybody = { uid: -1, gids: [] };

describe.skipIf(!isRoot)(`the permissions for a path${isRoot ? '' : ' [skipped, missing: root]'}`, () => {
  let top = '';
  const at = (name: string) => join(top, name);
  const folder = (name: string, uid: number, gid = uid, mode = 0o755) => {
    mkdirSync(at(name));
    chownSync(at(name), uid, gid);
    chmodSync(at(name), mode);
  };
  const file = (name: string, uid: number, gid = uid, mode = 0o644) => {
    writeFileSync(at(name), 'A=b\0');
    chownSync(at(name), uid, gid);
    chmodSync(at(name), mode);
  };
  const link = (name: string, target: string, uid: number) => {
    symlinkSync(target, at(name));
    lchownSync(at(name), uid, uid);
  };
  beforeEach(() => {
    top = mkdtempSync(join(tmpdir(), 'hands-'));
    chmodSync(top, 0o755);
  });
  afterEach(() => rmSync(top, { recursive: true, force: true }));
  const of = (name: string) => said(rightsOfPath(at(name)));

  it('are this user’s if no other user controls it, even below a sticky directory', () => {
    file('env', 0);
    expect(of('env')).toBe('own');
    expect(of('absent')).toBe('own');
  });

  it('are those of the owner of a directory or symlink on the way, whoever owns the file', () => {
    folder('home', ci);
    file('home/env', 0);
    expect(of('home/env')).toEqual({ uid: ci, gids: [] });
    file('kept', 0);
    link('home/link', at('kept'), ci);
    link('named', at('home/link'), 0);
    expect(of('named')).toEqual({ uid: ci, gids: [] });
    link('root', '..', 0);
    expect(of(`root/${top.split('/').at(-1)}/kept`)).toBe('own');
  });

  it('are only those of “others” if several users control it', () => {
    folder('home', ci);
    file('home/env', other);
    expect(of('home/env')).toEqual(anybody);
    file('open', 0, 0, 0o666);
    expect(of('open')).toEqual(anybody);
    folder('drop', 0, 0, 0o777);
    file('drop/env', 0);
    expect(of('drop/env')).toEqual(anybody);
    chmodSync(at('drop'), 0o1777);
    expect(of('drop/env')).toBe('own');
  });

  it('are those of the group that may write', () => {
    file('env', 0, club, 0o664);
    expect(of('env')).toEqual({ uid: -1, gids: [club] });
    folder('shared', 0, club, 0o2775);
    file('shared/env', 0);
    expect(of('shared/env')).toEqual({ uid: -1, gids: [club] });
    file('theirs', ci, club, 0o664);
    expect(of('theirs')).toEqual(anybody);
    chmodSync(at('env'), 0o644);
    expect(of('env')).toBe('own');
  });

  it('are, for a directory, those of its owner, of the owner of a symlink to it, and of its writers', () => {
    folder('ws', ci);
    folder('mine', 0);
    link('theirs', at('mine'), ci);
    const ofDirectory = (name: string) => rightsOfDirectory('/', at(name))?.map(said);
    expect(ofDirectory('ws')).toEqual([{ uid: ci, gids: [] }]);
    expect(ofDirectory('mine')).toEqual(['own']);
    expect(ofDirectory('theirs')).toEqual([{ uid: ci, gids: [] }]);
    link('ours', at('ws'), other);
    expect(ofDirectory('ours')).toEqual([
      { uid: other, gids: [] },
      { uid: ci, gids: [] },
    ]);
    folder('shared', ci, club, 0o2770);
    expect(ofDirectory('shared')).toEqual([
      { uid: ci, gids: [] },
      { uid: -1, gids: [club] },
    ]);
    folder('open', 0, 0, 0o777);
    const roots = { uid: -1, gids: [0] };
    expect(ofDirectory('open')).toEqual([roots, anybody]);
    // A group-writable bit for root’s group may be an ACL mask, so any user may be behind it.
    expect(rightsOfDirectory('/', at('open'))?.map(rightsElsewhere).map(said)).toEqual([anybody, anybody]);
    expect(ofDirectory('absent')).toBeUndefined();
  });
});
