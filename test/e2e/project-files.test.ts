/**
 * Project files that take effect while `godrift serve` runs: they are seen at
 * once, long before the next periodic pass.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { type Exporter, eventually, makeWorld, startExporter } from '../lab/godrift.ts';
import { ensureToolchain } from '../lab/toolchains.ts';

const go127 = await ensureToolchain('1.27.4');
const running: Exporter[] = [];
afterEach(async () => {
  for (const exporter of running.splice(0)) await exporter.stop();
});

/**
 * Starts an exporter without periodic passes on a healthy world; returns functions that write a file and wait
 * for the page.
 */
async function observed(files: Readonly<Record<string, string>>) {
  const world = makeWorld(go127, files);
  const exporter = await startExporter(world, ['--interval', '1h']);
  running.push(exporter);
  return {
    page: () => exporter.metrics(),
    write: (name: string, text: string) => {
      mkdirSync(dirname(join(world.workspace, name)), { recursive: true });
      writeFileSync(join(world.workspace, name), text);
    },
    shows: (words: string) => eventually(words, async () => (await exporter.metrics()).includes(words)),
  };
}

it.each(['mise.toml', 'mise.local.toml', '.config/mise/config.toml'])(
  '%s is read when it is created and when it is edited',
  async (name) => {
    const { page, shows, write } = await observed({ 'go.mod': 'module example.com/app\n\ngo 1.21\n' });
    expect(await page()).not.toContain('source="mise.toml"');
    write(name, '[tools]\ngo = "1.26"\n');
    await shows('godrift_toolchain_deviation{target="default",source="mise.toml",part="minor"} 1\n');
    write(name, '[tools]\ngo = "1.27"\n');
    await shows('godrift_toolchain_deviation{target="default",source="mise.toml",part="minor"} 0\n');
  },
);

it('a //go:debug line is reported when it is added, and no longer when it is removed', async () => {
  const main = (line: string) => `${line}\n\npackage main\n\nfunc main() {}\n`;
  const { page, shows, write } = await observed({
    'go.mod': 'module example.com/app\n\ngo 1.21\n',
    'cmd/tool/main.go': main(''),
  });
  expect(await page()).not.toContain('godebug-line');
  write('cmd/tool/main.go', main('//go:debug tlsrsakex=1'));
  await shows('godrift_conflict_info{target="default",rule="godebug-line",level="major"} 1\n');
  write('cmd/tool/main.go', main('//go:debug panicnil=1'));
  await eventually('the finding to be gone', async () => !(await page()).includes('rule="godebug-line"'));
});
