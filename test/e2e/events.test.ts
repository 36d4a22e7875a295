/**
 * `godrift events` in cases where silence would look like health: an unfinished line left by a crash, and the
 * name of an unknown target.
 */
import { appendFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { godrift, makeWorld, type World } from '../lab/godrift.ts';
import { ensureToolchain } from '../lab/toolchains.ts';

/** A world whose journal has one line, of the target `default`. */
async function recordedWorld(): Promise<World> {
  const world = makeWorld(await ensureToolchain('1.27.4'));
  await godrift(world, ['baseline', 'accept', '--reason', 'first']);
  return world;
}

describe('events --verify', () => {
  it('reports an unfinished line at the end, and the chain before it as intact', async () => {
    const world = await recordedWorld();
    const whole = await godrift(world, ['events', '--verify']);
    expect([whole.exitCode, whole.stdout]).toEqual([
      0,
      expect.stringMatching(/^ok: 1 line, head 1 [0-9a-f]{12}\n$/),
    ]);
    const journal = join(world.state, 'journal');
    appendFileSync(join(journal, readdirSync(journal)[0] as string), '{"seq":2');
    const torn = await godrift(world, ['events', '--verify']);
    expect(torn.exitCode).toBe(0);
    expect(torn.stdout).toContain(`${whole.stdout.trim()}; 8 bytes of an unfinished line follow, `);
  });
});

describe('events --target', () => {
  it('refuses a target unknown to journal and configuration, and lists the known ones', async () => {
    const world = await recordedWorld();
    const config = join(world.home, 'godrift.yml');
    writeFileSync(config, `targets: [{ name: web, workspace: ${world.workspace} }]\n`);
    const events = (...args: readonly string[]) =>
      godrift(world, ['events', ...args], { GODRIFT_CONFIG_FILE: config });
    for (const more of [[], ['--json'], ['--since', '1h'], ['--report']]) {
      const { exitCode, stdout, stderr } = await events('--target', 'nosuch', ...more);
      expect([exitCode, stdout]).toEqual([2, '']);
      expect(stderr).toBe(
        'godrift: cannot show what happened to nosuch: neither the journal nor the configuration knows a target of that name; name one of default, web\n',
      );
    }
    expect(await events('--target', 'default', '--json')).toMatchObject({ exitCode: 0 });
    expect(await events('--target', 'web')).toMatchObject({ exitCode: 0, stdout: 'nothing happened\n' });
  });
});
