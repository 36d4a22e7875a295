/** A file of the workspace that is one long line: nothing hangs, and what is said of it is short, in the terminal, on the page and in the log. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { eventually, godrift, makeWorld, startExporter } from '../../lab/godrift.ts';
import { ensureToolchain } from '../../lab/toolchains.ts';

const go127 = await ensureToolchain('1.27.4');
/** What took the square of its length was 280 s for this line, beyond every limit of a test. */
const line = '#'.repeat(300_000);

it.each(['go.mod', 'go.work', '.go-version', '.tool-versions'])('%s of one line', async (name) => {
  const world = makeWorld(go127);
  writeFileSync(join(world.workspace, name), name === '.tool-versions' ? `golang x${line}\n` : `x${line}\n`);
  for (const args of [['check'], ['check', '--json']]) {
    const { stdout, stderr } = await godrift(world, args);
    expect(stdout + stderr).not.toContain('#'.repeat(500));
  }
});

it('an exporter answers beside such a target, and quotes little of it', async () => {
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
