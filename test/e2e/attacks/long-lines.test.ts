/**
 * A workspace file that is one long line: no command hangs, and only a short part is quoted in the terminal,
 * on the page and in the log.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { eventually, godrift, makeWorld, startExporter } from '../../lab/godrift.ts';
import { ensureToolchain } from '../../lab/toolchains.ts';

const go127 = await ensureToolchain('1.27.4');
/** A parser with quadratic time took 280 s for this line, longer than any time limit of a test. */
const line = '#'.repeat(300_000);

it.each(['go.mod', 'go.work', '.go-version', '.tool-versions'])(
  'check quotes little of a %s with a line of 300,000 characters',
  async (name) => {
    const world = makeWorld(go127);
    writeFileSync(
      join(world.workspace, name),
      name === '.tool-versions' ? `golang x${line}\n` : `x${line}\n`,
    );
    for (const args of [['check'], ['check', '--json']]) {
      const { stdout, stderr } = await godrift(world, args);
      expect(stdout + stderr).not.toContain('#'.repeat(500));
    }
  },
);

it('an exporter keeps answering with such a go.mod, and quotes little of it', async () => {
  const world = makeWorld(go127);
  const exporter = await startExporter(world, ['--interval', '200ms']);
  try {
    writeFileSync(join(world.workspace, 'new'), `${line}\n`);
    renameSync(join(world.workspace, 'new'), join(world.workspace, 'go.mod'));
    await eventually('the finding', async () => (await exporter.metrics()).includes('rule="gomod-invalid"'));
    const page = await (await fetch(`${exporter.url}/`)).text();
    expect(page + (await exporter.metrics()) + exporter.output()).not.toContain('#'.repeat(500));
  } finally {
    expect(await exporter.stop()).toBe(0);
  }
});
