/** Which mise files count for a workspace, and in which order. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { codeOf } from '../../../../src/observe/environment/code.ts';
import { miseTomls, readMiseProject } from '../../../../src/observe/environment/mise-files.ts';

let home = '';
beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'mise-')));
  mkdirSync(join(home, 'src/app'), { recursive: true });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const put = (name: string, text: string) => {
  mkdirSync(dirname(join(home, name)), { recursive: true });
  writeFileSync(join(home, name), text);
};
const go = (version: string) => `[tools]\ngo = "${version}"\n`;

async function read(environment: Readonly<Record<string, string>> = {}) {
  const workspace = join(home, 'src/app');
  const user = { environment: new Map(Object.entries(environment)), home };
  const { tools, present } = await readMiseProject(codeOf('/', workspace, home), workspace, user);
  return {
    tools: tools.map((one) => [one.name, one.versions, relative(home, one.path)]),
    present: present.map((file) => relative(home, file)),
  };
}

it('the first file of the nearest directory wins, for each tool separately', async () => {
  for (const [index, name] of [...miseTomls.entries()].reverse()) {
    put(`src/app/${name}`, go(`1.${index}`));
    expect((await read()).tools, name).toEqual([['go', [`1.${index}`], `src/app/${name}`]]);
  }
  put('src/mise.local.toml', '[tools]\ngo = "1.26"\nnode = "22"\n');
  expect((await read()).tools).toEqual([
    ['go', ['1.0'], 'src/app/mise.local.toml'],
    ['node', ['22'], 'src/mise.local.toml'],
  ]);
});

it('the user’s global mise configuration does not count for the project', async () => {
  put('.config/mise/config.toml', go('1.24'));
  expect(await read()).toEqual({ tools: [], present: [] });
  expect((await read({ XDG_CONFIG_HOME: '/elsewhere' })).present).toEqual(['.config/mise/config.toml']);
  put('src/mise.toml', go('1.25'));
  expect((await read({ MISE_GLOBAL_CONFIG_FILE: join(home, 'src/mise.toml') })).tools).toEqual([
    ['go', ['1.24'], '.config/mise/config.toml'],
  ]);
});

it('a symlink out of the code is listed as present, but not read', async () => {
  put('secret.toml', go('s3cr3t'));
  symlinkSync('../../secret.toml', join(home, 'src/app/mise.toml'));
  expect(await read()).toEqual({ tools: [], present: ['src/app/mise.toml'] });
  put('src/app/.config/mise.toml', go('1.26'));
  expect((await read()).tools).toEqual([['go', ['1.26'], 'src/app/.config/mise.toml']]);
});
