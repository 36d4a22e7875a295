/** No rollback with a damaged journal: its lines are the only proof of what was approved. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { accept, goenvOf, goIn, worldWithGoenv } from '../lab/accepted.ts';
import { godrift } from '../lab/godrift.ts';
import { ensureToolchain } from '../lab/toolchains.ts';

it('a rollback is refused while the hash chain is broken after the newest acceptance, and possible after a new one', async () => {
  const world = worldWithGoenv(await ensureToolchain('1.27.4'), 'GOFLAGS=-trimpath\n');
  await accept(world);
  const drift = () => goIn(world, 'env', '-w', 'GOFLAGS=-mod=mod');
  const rollback = (...args: string[]) => godrift(world, ['rollback', ...args]);
  drift();
  expect((await rollback('--yes')).exitCode).toBe(0);
  // A change of a line is detected by the line after it, so one is appended.
  expect((await godrift(world, ['rollback', 'pause'])).exitCode).toBe(0);
  const folder = join(world.state, 'journal');
  const file = join(folder, readdirSync(folder).sort().at(-1) ?? '');
  const text = readFileSync(file, 'utf8');
  // Tampering: the applied rollback becomes an undone one.
  writeFileSync(file, text.replace('"result":"applied"', '"result":"undone"'));
  expect(readFileSync(file, 'utf8')).not.toBe(text);
  drift();
  const refused = await rollback('--yes');
  expect(refused.exitCode).toBe(1);
  expect(refused.stdout).toContain('refused  journal: its hash chain is broken at line');
  expect(readFileSync(goenvOf(world), 'utf8')).toContain('-mod=mod');
  const check = await godrift(world, ['check']);
  expect(check.stderr).toContain('a rollback would be refused here: journal: its hash chain is broken');
  expect(check.stdout).not.toContain('godrift rollback');
  expect((await godrift(world, ['events', '--verify'])).exitCode).toBe(1);

  goIn(world, 'env', '-w', 'GOFLAGS=-trimpath');
  await accept(world, 'looked at it again');
  drift();
  expect((await rollback('--yes')).exitCode).toBe(0);
  expect(goIn(world, 'env', 'GOFLAGS')).toBe('-trimpath');
  expect((await godrift(world, ['events', '--verify'])).exitCode).toBe(1);
});
