/** Git’s configuration, as far as it decides which repositories of other users are safe. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { coversDirectory, parseGitConfig, readOwnConfig } from '../../../../src/host/git/config.ts';

describe('parseGitConfig', () => {
  it('reads sections, quotes, comments, escapes and continued lines', () => {
    const text = [
      '\ufefflost = before any section',
      '[Safe] directory = /a # why',
      '\tDirectory = "/b ; c"  ',
      '; directory = /no',
      '\tdirectory = "/with \\"quotes\\"\\\\"',
      '\tdirectory = /long\\',
      '/er',
      '[includeIf "gitdir:~/src/"]',
      '\tpath = work.inc\r',
      '\tbare',
    ].join('\n');
    const { settings, badLine } = parseGitConfig(text);
    expect(badLine).toBeUndefined();
    expect(settings.map(({ section, key, value }) => `${section}.${key}=${value}`)).toEqual([
      'safe.directory=/a',
      'safe.directory=/b ; c',
      'safe.directory=/with "quotes"\\',
      'safe.directory=/long/er',
      'includeif.path=work.inc',
      'includeif.bare=',
    ]);
    expect(settings.at(-1)).toMatchObject({ subsection: 'gitdir:~/src/' });
  });

  // Each text was given to git 2.39.5.
  it.each([
    ['foo\n', undefined],
    ['[a]b\n', undefined],
    ['[a "x"] c = d\n', undefined],
    ['[a.b]\nx=1\n', undefined],
    ['[a]\nb=\\\n\n', undefined],
    ['[a]\nb = c\\', undefined],
    ['[a\t"x"]\n', undefined],
    ['[a][b]c=1 [d]\n', undefined],
    ['[a]\r\nb=c\r\n', undefined],
    ['[a]\nb c\n', 2],
    ['[a]\nb = "x\n', 2],
    ['[a]\nb = x\\q\n', 2],
    ['[a "x]\n', 1],
    ['[a "x" ]\n', 1],
    ['[]\nx=1\n', 1],
    ['[ a]\n', 1],
    ['[a ]\n', 1],
    ['[core', 1],
    ['[a]\n1b = c\n', 2],
    ['[a]\nb_c=1\n', 2],
    ['[a]\nb\r = c\n', 2],
    ['[a]\n\x0bb = c\n', 2],
    ['[a]b=1\n]', 2],
    ['[a]\nb=1\n<<<<<<< HEAD\n', 3],
  ])('%j: the first invalid line is %s', (text, line) => {
    expect(parseGitConfig(text).badLine).toBe(line);
  });

  it('accepts any text without throwing', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('[', ']', 'a', '=', '"', '\\', '\n', ' ', '#') }),
        (text) => {
          for (const one of parseGitConfig(text).settings) expect(one.value).not.toMatch(/\r?\n$/);
        },
      ),
    );
  });
});

describe('coversDirectory', () => {
  it.each([
    ['/src/app', true],
    ['/src/app/', true],
    ['/src/*', true],
    ['*', true],
    ['~/app', true],
    // A value that depends on git itself counts as covering.
    ['.', true],
    ['~root/app', true],
    ['%(prefix)/x', true],
    ['', false],
    ['/src', false],
    ['/src/apple', false],
    ['~/other', false],
  ])('%s: %s', (value, covered) => {
    expect(coversDirectory(value, ['/src/app', '/src/app/.git'], '/src')).toBe(covered);
  });
});

describe('readOwnConfig', () => {
  let home = '';
  afterEach(() => rmSync(home, { recursive: true, force: true }));
  const read = (name: string) => readOwnConfig([{ path: join(home, name), always: true }], home);

  it('follows includes, each file once, and skips absent files', () => {
    home = mkdtempSync(join(tmpdir(), 'godrift-git-'));
    writeFileSync(
      join(home, '.gitconfig'),
      '[include]\npath = ~/more\npath = gone\n[safe]\ndirectory = /a\n',
    );
    writeFileSync(join(home, 'more'), '[safe]\ndirectory = /b\n[include]\npath = .gitconfig\n');
    expect(read('.gitconfig')).toEqual({ safe: ['/a', '/b'] });
    expect(read('none')).toEqual({ safe: [] });
    expect(read('.')).toBeUndefined();
  });

  it('skips gitdir includes, as git reads safe.directory without a repository, and reports bad lines only of files always read', () => {
    home = mkdtempSync(join(tmpdir(), 'godrift-git-'));
    writeFileSync(join(home, 'more'), '[safe]\ndirectory = /b\n[x\n');
    writeFileSync(join(home, 'plain'), '[include]\npath = more\n');
    writeFileSync(join(home, 'repository'), '[includeIf "gitdir/i:/src/"]\npath = more\n');
    writeFileSync(join(home, 'branch'), '[includeIf "onbranch:x"]\npath = more\n');
    expect(read('plain')).toEqual({ safe: [], bad: { file: join(home, 'more'), line: 3 } });
    expect(read('repository')).toEqual({ safe: [] });
    expect(read('branch')).toEqual({ safe: ['/b'] });
  });
});
