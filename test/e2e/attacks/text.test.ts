/**
 * Workspace files with terminal escape sequences and commands of CI systems, printed by godrift's commands.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { godrift, makeWorld } from '../../lab/godrift.ts';

const header = '#SNAPSHOT v1 2026-11-28T13:36:26.691Z\n';
/**
 * Control and format characters other than newline, and lines that GitHub's runner would execute as commands.
 */
const harmful = /[^\n\P{Cc}]|\p{Cf}|\uffff|^\s*::(?!error |warning |notice )|##\[/mu;

describe('hostile text in a workspace', () => {
  it('is escaped in an error that quotes a key of .godrift.yml', async () => {
    const world = makeWorld(undefined);
    const key = String.raw`"\e]0;PWNED\a\n::stop-commands::tok\n##[add-mask]e\u202e\uffff": 1`;
    writeFileSync(join(world.workspace, '.godrift.yml'), `${key}\n`);
    for (const format of ['github', 'text']) {
      const { stdout, stderr, exitCode } = await godrift(world, ['check', '--format', format]);
      expect([exitCode, stdout]).toEqual([2, '']);
      expect(stderr.trimEnd().split('\n')).toHaveLength(1);
      expect(stderr).toContain(String.raw`\u001b]0;PWNED\u0007\n::stop-commands::tok`);
      expect(stderr).not.toMatch(harmful);
    }
  });

  it('in a committed baseline is escaped by baseline show, diff and check in all formats', async () => {
    const world = makeWorld(undefined);
    const line = '::error::modules.\u001b[2J\u202e##[group]\u009bA=y\u001b]0;t\u0007\uffff\n';
    writeFileSync(join(world.workspace, '.godrift.snapshot'), header + line);
    writeFileSync(join(world.workspace, 'other'), header + line.replace('=y', '=z'));
    const show = await godrift(world, ['baseline', 'show']);
    expect(show.stdout).toContain(String.raw`\u003a:error::modules.\u001b[2J`);
    const diff = await godrift(world, ['diff', '.godrift.snapshot', 'other']);
    expect([diff.exitCode, diff.stdout.trimEnd().split('\n').length]).toEqual([1, 2]);
    const found = [show, diff];
    for (const json of [
      ['baseline', 'show', '--json'],
      ['diff', '--json', '.godrift.snapshot', 'other'],
    ]) {
      const result = await godrift(world, json);
      expect(JSON.stringify(JSON.parse(result.stdout))).toContain(String.raw`\u001b]0;t`);
      found.push(result);
    }
    for (const format of ['text', 'json', 'github', 'gitlab', 'sarif', 'junit'])
      found.push(await godrift(world, ['check', '--format', format]));
    for (const { stdout, stderr } of found) expect(stdout + stderr).not.toMatch(harmful);
  });
});
