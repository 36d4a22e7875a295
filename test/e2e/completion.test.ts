/**
 * Completions in the real bash, zsh and fish on a terminal, with TAB typed; and the manual page in the real
 * man.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { commands } from '../../src/catalog/commands.ts';
import { shells } from '../../src/catalog/options.ts';
import { godrift, makeWorld } from '../lab/godrift.ts';
import { onPath, scratch } from '../lab/toolchains.ts';
import { typed } from '../lab/typed.ts';

const man = await onPath('man');
const terminal = await onPath('script');

/** Typed keys, with TAB as `\t`, and the arguments that godrift then receives. */
const cases: readonly (readonly [string, readonly string[]])[] = [
  ['godrift che\t--fail-on mi\t--fix\t', ['check', '--fail-on', 'minor', '--fix-hints']],
  [
    'godrift cache gen\tadop\t--goc\tcaches/\t',
    ['cache', 'generations', 'adopt', '--gocache', 'caches/one/'],
  ],
  ['godrift diff ol\t', ['diff', 'old.snapshot']],
  ['godrift what-if ol\t', ['what-if', 'old.snapshot']],
  ['godrift blame -- ol\t', ['blame', '--', 'old.snapshot']],
  ['godrift help waiv\t', ['help', 'waiver']],
  ['godrift demo gow\t', ['demo', 'gowork']],
  [
    'godrift serve --log.level wa\t--log.format js\t',
    ['serve', '--log.level', 'warn', '--log.format', 'json'],
  ],
  ['godrift serve --collector.disable con\t', ['serve', '--collector.disable', 'context']],
  [
    'godrift waiver add --facet mod\t--rule cache-st\t',
    ['waiver', 'add', '--facet', 'modules', '--rule', 'cache-stale-index'],
  ],
  ['godrift rollback --facet=mod\t', ['rollback', '--facet=modules']],
];

describe.each(shells)('%s', (shell) => {
  const folder = scratch('completed');
  mkdirSync(join(folder, 'caches/one'), { recursive: true });
  writeFileSync(join(folder, 'old.snapshot'), '');
  const text = godrift(makeWorld(undefined), ['completion', shell]).then(({ stdout }) => stdout);

  it('parses the completion script without a message', async ({ skip }) => {
    const program = await onPath(shell);
    if (program === undefined) return skip(`there is no ${shell}`);
    const file = join(folder, 'read');
    writeFileSync(file, await text);
    const { all } = await execa(program, ['-n', file], { all: true });
    rmSync(file);
    expect(all).toBe('');
  });

  it.each(cases)('completes %j', async (keys, args) => {
    if ((await onPath(shell)) === undefined || terminal === undefined) return;
    // Shells differ in whether they append a slash to a folder and an = to an option.
    const same = (words: readonly string[]) =>
      words.flatMap((word) => word.split('=')).map((word) => word.replace(/\/$/, ''));
    expect(same(await typed(shell, await text, keys, folder))).toEqual(same(args));
  });
});

describe('the manual page', () => {
  const page = join(import.meta.dirname, '../../docs/godrift.1');

  it.skipIf(man === undefined)(
    'is rendered by the real man without a warning, and contains every command',
    async () => {
      const { stdout, stderr } = await execa(man as string, ['--warnings', '-E', 'UTF-8', '-l', page], {
        env: { MANWIDTH: '400', MAN_KEEP_FORMATTING: '', LC_ALL: 'C.UTF-8' },
      });
      expect(stderr).toBe('');
      for (const row of commands) if (!('isGroup' in row)) expect(stdout).toContain(`godrift ${row.path}`);
      // A line that roff mistakes for a request would be missing.
      for (const { examples } of commands.filter((row) => 'examples' in row))
        for (const example of examples) expect(stdout).toContain(example);
      expect(readFileSync(page, 'utf8')).not.toMatch(/[^\n\x20-\x7e]/);
    },
  );
});
