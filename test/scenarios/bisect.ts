/** `git bisect run` beside blame: the drift is one commit among harmless ones, and git looks for it with the command that fails. */
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { scratch } from '../lab/toolchains.ts';
import type { Site } from './site.ts';

/** Commits that change nothing a build reads, on each side of the drift. */
const beside = 5;

/** A copy of the workspace as it is. */
export function copyOf({ workspace }: Site): string {
  const copy = join(scratch('healthy'), 'workspace');
  cpSync(workspace, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

/** Whether git finds the commit; undefined where the workspace has a repository of its own. The workspace is another one afterwards. */
export async function bisectFinds(
  site: Site,
  healthy: string,
  command: string,
): Promise<boolean | undefined> {
  const { workspace } = site;
  if (existsSync(join(workspace, '.git'))) return undefined;
  const drifted = copyOf(site);
  const git = async (...args: readonly string[]) => {
    const line = ['git', '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args]
      .map((word) => `'${word.replaceAll("'", "'\\''")}'`)
      .join(' ');
    // It is the command that is to see the environment of the world, not git.
    return await site.shell(`PATH=$PATH:/usr/bin:/bin ${line}`);
  };
  const be = (as: string) => {
    for (const name of readdirSync(workspace))
      if (name !== '.git' && name !== 'NOTES') rmSync(join(workspace, name), { recursive: true });
    cpSync(as, workspace, { recursive: true, verbatimSymlinks: true });
  };
  const commit = async (text: string) => {
    site.write('NOTES', text);
    await git('add', '--all', '--force');
    return await git('commit', '--quiet', '--message', text);
  };
  await git('init', '--quiet');
  be(healthy);
  for (let index = 0; index < beside; index++) await commit(`before ${index}`);
  be(drifted);
  await commit('the drift');
  for (let index = 0; index < beside; index++) await commit(`after ${index}`);
  await git('bisect', 'start', 'HEAD', `HEAD~${2 * beside}`);
  // 125 and codes above 127 mean other things to git.
  const { text } = await git('bisect', 'run', 'sh', '-c', `( ${command} ) || exit 1`);
  return / is the first bad commit[\s\S]*\n {4}the drift\n/.test(`${text}\n`);
}
