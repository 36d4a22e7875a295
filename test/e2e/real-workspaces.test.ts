/**
 * Healthy real projects: the modules of the test servers, with hundreds of public modules each. A check must
 * find nothing in them, and the build list must equal that of the real go. They are made once from the module
 * proxy and kept in the test cache.
 */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { parseSnapshot } from '../../src/drift/snapshot.ts';
import { parseGoList } from '../../src/go/go-list.ts';
import { parseVendorModules } from '../../src/go/vendor-modules.ts';
import { godrift, makeWorld, type World } from '../lab/godrift.ts';
import { madeOnce, progress, withProgress } from '../lab/made-once.ts';
import { ensureToolchain, hostEnv, preparingEnv, type Toolchain } from '../lab/toolchains.ts';

const servers = join(import.meta.dirname, '../servers');
const toolchain = await ensureToolchain('1.27.4');

interface RealWorkspace {
  readonly name: string;
  /** Folders of test/servers. Several get a subfolder each; a single one is the workspace itself. */
  readonly of: readonly string[];
  /** go commands that complete the workspace. Module contents are fetched only if packages are needed. */
  readonly prepare: readonly (readonly string[])[];
  /** A package whose build proves that go finds the workspace healthy. */
  readonly builds: string;
}

const workspaces: readonly RealWorkspace[] = [
  {
    name: 'plain',
    of: ['prometheus'],
    prepare: [
      ['list', '-m', '-json', 'all'],
      ['build', 'github.com/prometheus/common/version'],
    ],
    builds: 'github.com/prometheus/common/version',
  },
  {
    name: 'go.work',
    of: ['alertmanager', 'prometheus'],
    prepare: [
      ['work', 'sync'],
      ['list', '-m', '-json', 'all'],
      ['build', 'github.com/prometheus/common/version'],
    ],
    builds: 'github.com/prometheus/common/version',
  },
  {
    name: 'vendor',
    of: ['jaeger'],
    prepare: [['mod', 'vendor']],
    builds: 'go.uber.org/multierr',
  },
];

function run(
  go: Toolchain,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string | undefined>> = {},
) {
  return execa(go.go, args, {
    cwd,
    env: { ...preparingEnv('local'), GOWORK: undefined, GOFLAGS: undefined, ...env },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: 60 * 60_000,
  });
}

/** Returns the directory of a workspace; creates it if it does not exist. */
async function prepared({ name, of, prepare }: RealWorkspace): Promise<string> {
  const sums = of.map((server) => readFileSync(join(servers, server, 'go.sum'), 'utf8')).join('');
  const id = createHash('sha256')
    .update(`${sums}${JSON.stringify(prepare)}`)
    .digest('hex')
    .slice(0, 16);
  return await madeOnce(`workspace-${name}-${id}`, async (making) => {
    progress(`fetching the modules of the real workspace ${name} (10 to 60 s)`);
    mkdirSync(making, { recursive: true });
    for (const server of of)
      cpSync(join(servers, server), of.length === 1 ? making : join(making, server), { recursive: true });
    if (of.length > 1)
      writeFileSync(
        join(making, 'go.work'),
        `go 1.26.7\n\nuse (\n${of.map((one) => `\t./${one}\n`).join('')})\n`,
      );
    for (const args of prepare) {
      const { exitCode, stderr } = await withProgress(`go ${args.join(' ')} for ${name}`, () =>
        run(toolchain, args, making),
      );
      expect(exitCode, `go ${args.join(' ')}: ${stderr}`).toBe(0);
    }
  });
}

async function worldOf(directory: string): Promise<World> {
  const world = makeWorld(toolchain);
  const { GOMODCACHE } = await hostEnv();
  return { ...world, workspace: directory, env: { ...world.env, GOMODCACHE } };
}

describe.each(workspaces)('the real workspace $name', async (workspace) => {
  const directory = await prepared(workspace);
  const world = await worldOf(directory);

  it('is built by go without an error', async () => {
    const built = await run(toolchain, ['build', workspace.builds], directory, { GOPROXY: 'off' });
    expect(built.exitCode, built.stderr).toBe(0);
  });

  it('has no findings', async () => {
    const { stdout, exitCode, stderr } = await godrift(world, ['check', '--json']);
    expect(stdout, stderr).not.toBe('');
    const { findings, facets } = JSON.parse(stdout);
    expect(findings).toEqual([]);
    expect(facets.modules).toBe('ok');
    expect(exitCode).toBe(0);
  });

  it('has the same build list as go list, with more than 300 modules', async () => {
    const { entries } = parseSnapshot((await godrift(world, ['snapshot'])).stdout);
    const ours = [...entries]
      .filter(
        ([key]) => key.startsWith('modules.') && !/^modules\.(vendor|go_mod|go_work|main_module)$/.test(key),
      )
      .map(([key, value]) => `${key.slice('modules.'.length)} ${value.replace(/ h1:.*$/, '')}`);
    expect(ours.length).toBeGreaterThan(300);
    expect(ours.sort()).toEqual((await listed(workspace, directory)).sort());
  });
});

/**
 * Returns the build list as `path version[ => path version]`, from go list, or from modules.txt if the
 * workspace is vendored (go lists nothing then).
 */
async function listed({ name }: RealWorkspace, directory: string): Promise<string[]> {
  const written = (
    path: string,
    version: string,
    replace?: { readonly path: string; readonly version?: string },
  ) => `${path} ${version}${replace === undefined ? '' : ` => ${replace.path} ${replace.version}`}`;
  if (name === 'vendor') {
    const { selected, modules } = parseVendorModules(readFileSync(join(directory, 'vendor/modules.txt')));
    return [...selected.values()].map(({ path, version, replacement }) =>
      written(path, version, replacement ?? modules.get(`${path} `)?.replacement),
    );
  }
  const { stdout } = await run(toolchain, ['list', '-m', '-e', '-json', 'all'], directory, {
    GOPROXY: 'off',
  });
  const list = parseGoList(stdout);
  if ('problem' in list) throw new Error(list.problem);
  return list.modules
    .filter(({ main }) => !main)
    .map(({ path, version, replace }) => written(path, version, replace));
}
