import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../src/catalog/errors.ts';
import { parseConfig, workspaceSchema } from '../../../../src/cli/settings/config-file.ts';
import { parseYaml, workspaceLimits } from '../../../../src/cli/settings/strict-yaml.ts';

const limits = { bytes: 1 << 20, nodes: 100_000 };
const read = (text: string) => parseYaml(text, 'f.yml', limits);

/** Returns nested aliases: 11 words that expand to 10^8. */
function bomb(): string {
  const lines = [`a0: &a0 [${'x, '.repeat(10)}x]`];
  for (let level = 1; level < 9; level++)
    lines.push(
      `a${level}: &a${level} [${Array(10)
        .fill(`*a${level - 1}`)
        .join(', ')}]`,
    );
  return `${lines.join('\n')}\n`;
}

describe('untrusted YAML', () => {
  it('is parsed as JSON is, for every JSON value', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.jsonValue({ maxDepth: 4 })),
        (value) => {
          const text = JSON.stringify(value);
          expect(read(text)).toEqual(JSON.parse(text));
        },
      ),
    );
  });

  it.each([
    ['aliases that multiply', bomb(), /Excessive alias count/],
    ['an alias without an anchor', 'a: *nothing\n', /nothing/],
    ['lists nested deep enough to overflow the stack', '['.repeat(20_000) + ']'.repeat(20_000), /nested/],
    [
      'more levels than any schema has',
      `${'{a: '.repeat(30)}1${'}'.repeat(30)}`,
      /nested more than 20 levels/,
    ],
    ['a key twice', 'pins: {}\nrequired: []\npins: {}\n', /Map keys must be unique at line 3, column 1/],
    ['a key twice, deep down', 'a: {b: {c: 1, c: 2}}', /Map keys must be unique at line 1/],
    [
      'more values than the limit',
      'x,'.repeat(100_001).replace(/^/, '[').replace(/$/, ']'),
      /more than 100000 values/,
    ],
    ['more bytes than the limit', `a: "${'x'.repeat(1 << 20)}"`, /larger than 1048576 bytes/],
    ['invalid YAML', 'a: [\n', /cannot read f.yml/],
  ])('refuses %s in one line', (_, text, why) => {
    let problem: unknown;
    try {
      read(text);
    } catch (error) {
      problem = error;
    }
    expect(problem).toBeInstanceOf(AppError);
    expect((problem as AppError).message).toMatch(why);
    expect((problem as AppError).message).not.toContain('\n');
  });

  it('may use an alias for a shared setting', () => {
    expect(read('a: &a {x: 1}\nb: *a\nc: *a\n')).toEqual({ a: { x: 1 }, b: { x: 1 }, c: { x: 1 } });
  });

  it('gets at most ten mistakes reported', () => {
    const text = `required: [${Array(15).fill('"1"').join(', ')}]\n`;
    expect(() => parseConfig(workspaceSchema, text, 'f.yml', workspaceLimits)).toThrow(/and 5 more/);
  });

  it('may pin at most 200 tools', () => {
    const tools = (count: number) =>
      `pins:\n  tools:\n${Array.from({ length: count }, (_, index) => `    t${index}: "1"\n`).join('')}`;
    const parse = (count: number) => parseConfig(workspaceSchema, tools(count), 'f.yml', workspaceLimits);
    expect(Object.keys(parse(200).pins?.tools ?? {})).toHaveLength(200);
    expect(() => parse(201)).toThrow(/pins.tools are more than 200/);
    expect(() => parse(20_000)).toThrow(/larger than 65536 bytes/);
  });
});
