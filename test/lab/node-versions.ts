/**
 * Other releases of Node, fetched as npm packages, which exist for each platform and need no install script.
 */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { progress, testCache, withLock } from './made-once.ts';

/** The oldest release that package.json allows, and the newest of each maintained line. */
export const nodeVersions = ['20.19.0', '22.23.5', '24.22.3'] as const;

/** Returns the path of `node` of a release, fetched by npm once. */
export async function ensureNode(version: string): Promise<string> {
  const kind = `node-${process.platform}-${process.arch}`;
  const home = join(testCache(), `${kind}-${version}`);
  const node = join(home, 'node_modules', kind, 'bin/node');
  if (existsSync(node)) return node;
  await withLock(`${kind}-${version}`, async () => {
    if (existsSync(node)) return;
    progress(`fetching node ${version} (tests run on it; 50 MB, usually 5 s)`);
    const making = `${home}.${process.pid}`;
    await mkdir(making, { recursive: true });
    try {
      const args = [
        'install',
        '--ignore-scripts',
        '--no-audit',
        '--no-fund',
        '--no-save',
        '--no-package-lock',
      ];
      await execa('npm', [...args, '--prefix', making, `${kind}@${version}`], { timeout: 600_000 });
      await mkdir(dirname(home), { recursive: true });
      await rename(making, home);
    } finally {
      await rm(making, { recursive: true, force: true });
    }
  });
  return node;
}
