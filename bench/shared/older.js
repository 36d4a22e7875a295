// An older godrift to measure beside this one: a commit, built aside.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

function git(...args) {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
}

/** Builds a revision in a worktree of its own, which is removed at the end of the process; answers its program. */
export function buildOlder(revision) {
  const commit = git('rev-parse', '--verify', `${revision}^{commit}`);
  const scratch = mkdtempSync(path.join(tmpdir(), 'godrift-older-'));
  const tree = path.join(scratch, 'godrift');
  git('worktree', 'add', '--quiet', '--detach', tree, commit);
  process.on('exit', () => {
    git('worktree', 'remove', '--force', tree);
    rmSync(scratch, { recursive: true, force: true });
  });
  const lock = (directory) => readFileSync(path.join(directory, 'package-lock.json'), 'utf8');
  if (existsSync(path.join(root, 'node_modules')) && lock(root) === lock(tree))
    symlinkSync(path.join(root, 'node_modules'), path.join(tree, 'node_modules'));
  else execFileSync('npm', ['ci', '--silent'], { cwd: tree, stdio: 'inherit' });
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: tree, stdio: 'inherit' });
  return path.join(tree, 'dist/godrift.js');
}
