/**
 * Files of other revisions compared with the output of git: loose and packed objects, deltas, worktrees,
 * submodules, alternate object stores, both hash algorithms.
 */
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { execaSync } from 'execa';
import { describe, expect, it } from 'vitest';
import { readAtRevision } from '../../src/host/git/revision.ts';
import { scratch } from '../lab/toolchains.ts';

const file = '.godrift.snapshot';

function git(directory: string, ...args: readonly string[]): string {
  const fixed = ['user.name=x', 'user.email=x@example.com', 'protocol.file.allow=always', 'gc.auto=0'];
  return execaSync('git', [...fixed.flatMap((one) => ['-c', one]), ...args], {
    cwd: directory,
    env: { HOME: directory, PATH: process.env['PATH'] ?? '', GIT_CONFIG_NOSYSTEM: '1' },
    extendEnv: false,
  }).stdout;
}

const at = (directory: string) => ({ directory, start: directory });

/** Returns the file as git shows it, or undefined if git fails. */
function byGit(directory: string, revision: string): string | undefined {
  try {
    return git(directory, 'show', `${revision}:./${file}`);
  } catch {
    return undefined;
  }
}

function ours(directory: string, revision: string): string | undefined {
  const found = readAtRevision(at(directory), file, revision);
  return found.state === 'read' ? Buffer.from(found.bytes).toString().replace(/\n$/, '') : undefined;
}

/** Content long enough that packs store its versions as deltas of each other. */
const body = (version: number) =>
  Array.from(
    { length: 400 },
    (_, line) => `modules.example.com/m${line}=v1.${line}.${line === 200 ? version : 0}\n`,
  ).join('');

/** A repository with a workspace in a folder, ten commits, a branch, a merge, tags and a remote. */
function repository(...init: readonly string[]): { readonly top: string; readonly workspace: string } {
  const top = scratch('git');
  const workspace = join(top, 'services/api');
  mkdirSync(workspace, { recursive: true });
  git(top, 'init', '-q', '-b', 'main', ...init);
  for (let version = 0; version < 10; version++) {
    writeFileSync(join(workspace, file), body(version));
    git(top, 'add', '-A');
    git(top, 'commit', '-q', '-m', `${version}`);
  }
  git(top, 'tag', 'light', 'HEAD~3');
  git(top, 'tag', '-a', '-m', 'x', 'v1.0.0', 'HEAD~2');
  git(top, 'checkout', '-q', '-b', 'feature/x', 'HEAD~5');
  appendFileSync(join(workspace, file), 'tools.x=1\n');
  git(top, 'commit', '-q', '-a', '-m', 'feature');
  git(top, 'checkout', '-q', 'main');
  git(top, 'merge', '-q', '-s', 'ours', '-m', 'merge', 'feature/x');
  git(top, 'update-ref', 'refs/remotes/origin/main', 'HEAD~1');
  git(top, 'symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/main');
  return { top, workspace };
}

const revisions = [
  'HEAD',
  '@',
  'main',
  'HEAD~1',
  'HEAD~4',
  'HEAD^2',
  'HEAD^2~1',
  'main~2^',
  'HEAD^0',
  'light',
  'v1.0.0',
  'v1.0.0~1',
  'feature/x',
  'refs/heads/feature/x',
  'origin/main',
  'origin',
  'remotes/origin/main',
  'HEAD~9',
];
const refused = ['nope', 'HEAD~99', 'HEAD^3', '../HEAD', 'a..b', '', '-x', 'main:x', '/etc/passwd', 'HEAD\n'];

function sameAsGit(workspace: string, names: readonly string[] = revisions): void {
  for (const name of names) expect([name, ours(workspace, name)]).toEqual([name, byGit(workspace, name)]);
  const hash = git(workspace, 'rev-parse', 'HEAD~1');
  for (const name of [hash, hash.slice(0, 12), hash.slice(0, 7)])
    expect(ours(workspace, name)).toBe(byGit(workspace, name));
  for (const name of refused)
    expect([name, readAtRevision(at(workspace), file, name).state]).toEqual([name, 'problem']);
}

describe('readAtRevision, compared with git show', () => {
  it.each([[[]], [['--object-format=sha256']]])(
    'reads loose objects, packed objects and packed refs (git init %j)',
    (init) => {
      const { top, workspace } = repository(...init);
      sameAsGit(workspace);
      expect(byGit(workspace, 'HEAD')).toBe(body(9).trimEnd());
      git(top, 'repack', '-q', '-a', '-d', '-f', '--depth=50');
      git(top, 'pack-refs', '--all');
      sameAsGit(workspace);
      expect(readAtRevision(at(top), file, 'HEAD').state).toBe('absent');
      expect(readAtRevision(at(join(top, 'services')), 'api', 'HEAD').state).toBe('problem');
    },
  );

  it('reads in a worktree, a shallow clone, a former submodule, and a clone with alternates', () => {
    const { top, workspace } = repository();
    const tree = join(scratch('worktree'), 'w');
    git(top, 'worktree', 'add', '-q', tree, 'feature/x');
    sameAsGit(join(tree, 'services/api'), ['HEAD', 'HEAD~1', 'main', 'origin/main', 'v1.0.0']);

    const shallow = join(scratch('shallow'), 's');
    git(top, 'clone', '-q', '--depth=2', `file://${top}`, shallow);
    const there = join(shallow, 'services/api');
    for (const name of ['HEAD', 'origin/main', 'HEAD~1']) expect(ours(there, name)).toBe(byGit(there, name));
    expect(readAtRevision(at(there), file, 'HEAD~5')).toMatchObject({ state: 'problem' });

    const outer = scratch('outer');
    git(outer, 'init', '-q');
    git(outer, 'submodule', '--quiet', 'add', `file://${top}`, 'sub');
    // The superproject decides which revision a submodule is compared with.
    git(outer, 'commit', '-q', '-m', 'sub');
    expect(readAtRevision(at(join(outer, 'sub/services/api')), file, 'HEAD')).toMatchObject({
      state: 'problem',
      why: expect.stringContaining('is a submodule there'),
    });
    const alone = join(scratch('alone'), 'sub');
    renameSync(join(outer, '.git/modules/sub'), join(outer, 'kept'));
    mkdirSync(alone);
    writeFileSync(join(alone, '.git'), `gitdir: ${join(outer, 'kept')}\n`);
    // core.worktree names the previous path of the submodule; git itself would use that path.
    git(outer, 'config', '--file', join(outer, 'kept/config'), '--unset', 'core.worktree');
    git(alone, 'checkout', '-q', '-f');
    sameAsGit(join(alone, 'services/api'), ['HEAD', 'origin/main', 'HEAD~3']);

    const borrowing = join(scratch('borrowing'), 'b');
    git(top, 'clone', '-q', '--shared', top, borrowing);
    sameAsGit(join(borrowing, 'services/api'), ['HEAD', 'origin/main', 'HEAD~3']);
    expect(ours(workspace, 'HEAD')).toBe(body(9).trimEnd());
  });

  it('reports damaged objects, and returns no content that does not match its hash', () => {
    const { top, workspace } = repository();
    git(top, 'repack', '-q', '-a', '-d');
    const whole = new Map(revisions.map((name) => [name, byGit(workspace, name)]));
    const packs = join(top, '.git/objects/pack');
    for (const name of readdirSync(packs).filter((one) => one.endsWith('.pack'))) {
      chmodSync(join(packs, name), 0o600);
      const bytes = readFileSync(join(packs, name));
      for (let at = 100; at < bytes.length; at += 150) bytes.writeUInt8(bytes.readUInt8(at) ^ 0xff, at);
      writeFileSync(join(packs, name), bytes);
    }
    const found = revisions.map((name) => [name, readAtRevision(at(workspace), file, name)] as const);
    expect(found.filter(([, { state }]) => state === 'problem')).not.toEqual([]);
    expect(found.filter(([, { state }]) => state === 'absent')).toEqual([]);
    for (const [name, { state }] of found)
      if (state === 'read') expect(ours(workspace, name)).toBe(whole.get(name));
    expect(readAtRevision(at(scratch('none')), file, 'HEAD')).toEqual({
      state: 'problem',
      why: 'the workspace is in no git repository',
    });
  });
});
