/**
 * Moves of HEAD, compared with the real git reflog; and logs that are large, torn, absent or no regular file.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headMoves, movesBack, newestBytes } from '../../../../src/host/git/reflog.ts';
import { opened, type Repository } from '../../../../src/host/git/repository.ts';
import { scratch } from '../../../lab/toolchains.ts';

const start = 1_700_000_000;

function repository() {
  const top = scratch('reflog');
  const git = (args: readonly string[], seconds = start, name = 'a') =>
    execFileSync('git', ['-c', 'core.commitGraph=false', ...args], {
      cwd: top,
      env: {
        HOME: top,
        PATH: '/usr/bin:/bin',
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_AUTHOR_NAME: name,
        GIT_COMMITTER_NAME: name,
        GIT_AUTHOR_EMAIL: 'a@example.com',
        GIT_COMMITTER_EMAIL: 'a@example.com',
        GIT_AUTHOR_DATE: `${seconds} +0000`,
        GIT_COMMITTER_DATE: `${seconds} +0130`,
      },
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  git(['init', '-q', '-b', 'main']);
  return { top, git, of: opened(top, join(top, '.git')) };
}

const all = (of: Repository) => [...movesBack(of, Number.MAX_SAFE_INTEGER)];

/** Returns the moves as git prints them, newest first: the new commit, the time and the command. */
const asGit = (git: ReturnType<typeof repository>['git']) =>
  git(['reflog', '--date=unix', '--format=%H %gd %gs'])
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [, is, at, word] = /^([0-9a-f]+) HEAD@\{(\d+)\} ([a-z-]*)/.exec(line) ?? [];
      return { is, at: Number(at) * 1000, word };
    });

describe('moves of HEAD', () => {
  it('match those of git reflog for any history, and each starts where the previous one ended', () => {
    const step = fc.record({
      what: fc.constantFrom('commit', 'checkout', 'reset', 'amend', 'merge'),
      seconds: fc.integer({ min: 0, max: 40 }),
      // Arbitrary names and messages, and long ones.
      text: fc.oneof(
        fc.constantFrom('plain', 'a > 12 +0000', 'pull: x', 'ü\u{1F600}', 'tab\tin it', 'x'.repeat(70_000)),
        fc.string({ minLength: 1, maxLength: 40 }),
      ),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 6 }), (steps) => {
        const { top, git, of } = repository();
        git(['commit', '-q', '--allow-empty', '-m', 'first']);
        for (const [index, { what, seconds, text }] of steps.entries()) {
          const at = start + seconds;
          // Git refuses names that consist only of characters which it removes.
          const name = `n${text.replaceAll('\0', '').slice(0, 200)}`;
          const message = join(top, '.git/message');
          writeFileSync(message, `m${text.replaceAll('\0', '')}`);
          const commit = ['commit', '-q', '--allow-empty', '-F', message];
          if (what === 'checkout') git(['checkout', '-q', '-B', `b${index}`, 'main'], at, name);
          else if (what === 'reset') git(['reset', '-q', '--hard', 'main'], at, name);
          else if (what === 'merge')
            git(['merge', '-q', '--no-edit', '--allow-unrelated-histories', 'main'], at, name);
          else git(what === 'amend' ? [...commit, '--amend'] : commit, at, name);
        }
        const moves = all(of);
        expect(moves.map(({ is, at, word }) => ({ is, at, word }))).toEqual(asGit(git));
        for (const [index, { was }] of moves.entries())
          expect(was).toBe(moves[index + 1]?.is ?? '0'.repeat(40));
        const [from, to] = [(start + 10) * 1000, (start + 30) * 1000];
        expect(headMoves(of, from, to)).toEqual(moves.filter(({ at }) => at >= from && at <= to).reverse());
        rmSync(top, { recursive: true });
      }),
      { numRuns: 15 },
    );
  }, 120_000);

  it('are read from the end of a log of megabytes, up to the limit', () => {
    const { git, of } = repository();
    git(['commit', '-q', '--allow-empty', '-m', 'first']);
    const log = join(of.own, 'logs/HEAD');
    const object = git(['rev-parse', 'HEAD']);
    const lines = Array.from(
      { length: 20_000 },
      (_, index) =>
        `${object} ${object} a <a@example.com> ${start + index} +0000\tcheckout: ${'x'.repeat(index % 90)}\n`,
    );
    appendFileSync(log, lines.join(''));
    const newest = headMoves(of, 0, Number.MAX_SAFE_INTEGER);
    // Reading begins in the middle of a line, which is skipped.
    const sizes = lines.toReversed().map((line) => line.length);
    const fit = sizes.findIndex(
      (_, index) => sizes.slice(0, index + 1).reduce((all, one) => all + one, 0) >= newestBytes,
    );
    expect(newest).toHaveLength(fit);
    expect(newest.map(({ at }) => at / 1000 - start)).toEqual(
      Array.from({ length: fit }, (_, index) => 20_000 - fit + index),
    );
    expect(all(of)).toHaveLength(20_001);
    expect(all(of).map(({ is, at, word }) => ({ is, at, word }))).toEqual(asGit(git));
  });

  it('do not include torn or damaged lines', () => {
    const { git, of } = repository();
    git(['commit', '-q', '--allow-empty', '-m', 'first']);
    const before = all(of);
    const log = join(of.own, 'logs/HEAD');
    appendFileSync(log, `${readFileSync(log, 'utf8').slice(0, 30)}\n\n${'y'.repeat(200_000)}\n`);
    expect(all(of)).toEqual(before);
    appendFileSync(log, readFileSync(log, 'utf8').split('\n')[0] as string);
    expect(all(of)).toEqual(before);
    appendFileSync(log, '\n');
    expect(all(of)).toHaveLength(2);
  });

  it('are empty without a log, or with a FIFO or folder in its place; a symlink is followed', () => {
    const { top, git, of } = repository();
    expect(all(of)).toEqual([]);
    git(['commit', '-q', '--allow-empty', '-m', 'first']);
    const log = join(of.own, 'logs/HEAD');
    const text = readFileSync(log);
    rmSync(log);
    execFileSync('mkfifo', [log]);
    expect(all(of)).toEqual([]);
    rmSync(log);
    mkdirSync(log);
    expect(all(of)).toEqual([]);
    rmSync(log, { recursive: true });
    writeFileSync(join(top, 'log'), text);
    symlinkSync(join(top, 'log'), log);
    expect(all(of)).toHaveLength(1);
  });
});
