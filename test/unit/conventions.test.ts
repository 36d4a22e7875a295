/** docs/conventions.md names a test for each claim: that test must exist under that title. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const top = path.resolve(import.meta.dirname, '../..');
const rows = readFileSync(path.join(top, 'docs/conventions.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| \d+ \|/.test(line))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')));

describe('docs/conventions.md', () => {
  it('has twenty numbered rows', () => {
    expect(rows.map(([number]) => Number(number))).toEqual(
      Array.from({ length: 20 }, (_, index) => index + 1),
    );
  });

  it.each(rows.map((row) => [row[0], row[4] as string] as const))(
    'row %s names an existing test: %s',
    (_, shown) => {
      const [, file = '', title = ''] = /^`(test\/[^`]+)`: (.+)$/.exec(shown) ?? [];
      const test = readFileSync(path.join(top, file), 'utf8');
      const titles = [
        ...test.matchAll(/\b(?:describe|it|test)(?:\.\w+\([^\n]*?\))*\(\s*['"`]([^\n]+?)['"`],/g),
      ];
      expect(titles.map(([, one]) => one).filter((one) => one?.includes(title))).not.toEqual([]);
    },
  );
});
