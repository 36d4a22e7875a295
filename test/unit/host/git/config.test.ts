/** Git's configuration, as far as it says which repositories of others may be worked in. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { coversDirectory, parseGitConfig, safeDirectories } from '../../../../src/host/git/config.ts';

describe('parseGitConfig', () => {
  it('reads sections, quotes, comments, escapes and continued lines', () => {
    const text = [
      'lost = before any section',
      '[Safe] directory = /a # why',
      '\tDirectory = "/b ; c"  ',
      '; directory = /no',
      '\tdirectory = "/with \\"quotes\\"\\\\"',
      '\tdirectory = /long\\',
      '/er',
      '[includeIf "gitdir:~/src/"]',
      '\tpath = work.inc',
      '\tbare',
    ].join('\n');
    expect(parseGitConfig(text).map(({ section, key, value }) => `${section}.${key}=${value}`)).toEqual([
      'safe.directory=/a',
      'safe.directory=/b ; c',
      'safe.directory=/with "quotes"\\',
      'safe.directory=/long/er',
      'includeif.path=work.inc',
      'includeif.bare=',
    ]);
  });

  it('is total', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('[', ']', 'a', '=', '"', '\\', '\n', ' ', '#') }),
        (text) => {
          for (const one of parseGitConfig(text)) expect(one.value).not.toMatch(/\r?\n$/);
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
    // What depends on git itself counts as covering.
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

describe('safeDirectories', () => {
  let home = '';
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  it('follows what is included, each file once, and passes over what is not there', async () => {
    home = mkdtempSync(join(tmpdir(), 'godrift-git-'));
    const own = join(home, '.gitconfig');
    writeFileSync(own, '[include]\npath = ~/more\npath = gone\n[safe]\ndirectory = /a\n');
    writeFileSync(join(home, 'more'), '[safe]\ndirectory = /b\n[include]\npath = .gitconfig\n');
    expect(await safeDirectories([own], home)).toEqual(['/a', '/b']);
    expect(await safeDirectories([join(home, 'none')], home)).toEqual([]);
    expect(await safeDirectories([home], home)).toBeUndefined();
  });
});
