/** Which repository formats a git refuses, and how its version is found. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parseGitConfig } from '../../../../src/host/git/config.ts';
import { asksForMore, isNoIndex, refusedFormat } from '../../../../src/host/git/format.ts';
import { type GitVersion, gitVersion, takesPrefixes } from '../../../../src/host/git/program.ts';

const withFormat = (version: number, ...extensions: readonly string[]) =>
  parseGitConfig(
    `[core]\nrepositoryformatversion = ${version}\n[extensions]\n${extensions.map((one) => `${one} = x\n`).join('')}`,
  ).settings;

describe('refusedFormat', () => {
  it.each<[string, GitVersion, number, string, string | undefined]>([
    ['an extension that every git knows', [2, 39, 5], 1, 'worktreeConfig', undefined],
    ['the refs format of a newer git', [2, 39, 5], 1, 'refStorage', 'extensions.refstorage'],
    ['the first git with that refs format', [2, 44, 0], 1, 'refStorage', undefined],
    ['an unknown extension', [2, 55, 3], 1, 'foo', 'extensions.foo'],
    ['an unknown extension in a git newer than the known ones', [2, 56, 0], 1, 'foo', undefined],
    ['an unknown extension in format version 0', [2, 39, 5], 0, 'foo', undefined],
    [
      'an extension that is forbidden in format version 0',
      [2, 39, 5],
      0,
      'objectFormat',
      'extensions.objectformat with core.repositoryformatversion 0',
    ],
    ['an unknown format version', [2, 39, 5], 2, 'noop', 'core.repositoryformatversion 2'],
    ['an unknown format version in a later git', [3, 0, 0], 2, 'noop', undefined],
  ])('%s', (_, git, version, extension, what) => {
    expect(refusedFormat(withFormat(version, extension), git)?.what).toBe(what);
  });

  it('names the first git that accepts the format, and needs the version only if it matters', () => {
    expect(refusedFormat(withFormat(1, 'relativeWorktrees'), [2, 47, 0])).toEqual({
      what: 'extensions.relativeworktrees',
      since: '2.48',
    });
    expect(asksForMore(withFormat(1, 'partialClone', 'noop'))).toBe(false);
    expect(asksForMore(withFormat(1, 'refStorage'))).toBe(true);
    expect(asksForMore(withFormat(2))).toBe(true);
    expect(refusedFormat(parseGitConfig('[extensions]\nfoo = 1\n').settings, [2, 39, 5])).toBeUndefined();
  });
});

describe('a file', () => {
  let home = '';
  afterEach(() => rmSync(home, { recursive: true, force: true }));
  const file = (bytes: Buffer | string) => {
    home = mkdtempSync(join(tmpdir(), 'godrift-git-'));
    writeFileSync(join(home, 'file'), bytes);
    return join(home, 'file');
  };

  it.each<[string, readonly number[] | undefined]>([
    ['\x7fELF\0git/\0/usr/lib/git/2.1.0\0\xfegit/2.39.5\0more', [2, 39, 5]],
    ['\x7fELF\0git/2.46.0.rc1\0', [2, 46, 0]],
    ['\x7fELF\0git/3.0\0', [3, 0, 0]],
    ['#!/bin/sh\nexec git/2.39.5\n', undefined],
  ])('%j belongs to git version %s', (text, version) => {
    expect(gitVersion(file(text))).toEqual(version);
  });

  it.each<[string, Buffer, boolean]>([
    ['whole', Buffer.concat([Buffer.from('DIRC\0\0\0\x02\0\0\0\0'), Buffer.alloc(20)]), false],
    ['empty', Buffer.alloc(0), true],
    ['short', Buffer.from('DIRC\0\0\0\x02\0\0\0\0'), true],
    ['other bytes', Buffer.alloc(40, 'x'), true],
    ['of version 7', Buffer.concat([Buffer.from('DIRC\0\0\0\x07\0\0\0\0'), Buffer.alloc(20)]), true],
  ])('recognises an index that is %s', (_, bytes, none) => {
    expect(isNoIndex(file(bytes), () => true)).toBe(none);
    expect(isNoIndex(file(bytes), () => false)).toBe(false);
    expect(isNoIndex(join(home, 'none'), () => true)).toBe(false);
  });

  it('allows prefixes in safe.directory since git 2.45.3', () => {
    const versions: readonly GitVersion[] = [
      [2, 39, 5],
      [2, 45, 2],
      [2, 45, 3],
      [2, 46, 0],
      [3, 0, 0],
    ];
    expect(versions.map(takesPrefixes)).toEqual([false, false, true, true, true]);
  });
});
