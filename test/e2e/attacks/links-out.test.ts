/**
 * A pull request makes a workspace file a symlink to a file of the host. Go follows it; godrift must not show
 * any of its content in a command's output, log, page, event or notification. All outputs are searched for
 * the content.
 */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { eventually, godrift, makeWorld, seriesOf, startExporter, type World } from '../../lab/godrift.ts';
import { ensureToolchain } from '../../lab/toolchains.ts';
import { textsBelow } from '../../lab/tree.ts';

const go127 = await ensureToolchain('1.27.4');

/** Contents of host files, in formats that the readers parse. */
const secrets: Readonly<Record<string, string>> = {
  env: 'API_TOKEN=s3cr3t-WORD\n',
  yaml: 's3cr3t-WORD: s3cr3t-VALUE\npins: {go: "s3cr3t-PIN"}\n',
  mod: 'module s3cr3t.example/x\n\ngo 1.21\n\nrequire s3cr3t.example/y v1.0.0\n\ntool s3cr3t.example/t\n',
  broken: 'module s3cr3t.example/x\n\ngo s3cr3t\n\ns3cr3t-VERB x\n',
  word: 's3cr3t\n',
  tools: 'golang s3cr3t\ns3cr3t 1.0\n',
  sum: 's3cr3t.example/y v1.0.0 h1:s3cr3t\nbad s3cr3t line here\n',
  vendor: '# s3cr3t.example/y v1.0.0\n## explicit; go 1.21\ns3cr3t.example/y\n',
  snapshot: '#SNAPSHOT v1 2026-11-22T08:15:30.123Z\nenv.GOFLAGS=s3cr3t\n',
};

const files = [
  'go.mod',
  'go.work',
  'go.sum',
  '.go-version',
  '.tool-versions',
  '.godrift.yml',
  '.godrift.snapshot',
  'vendor/modules.txt',
  'member/go.mod',
];

function makeLinked(file: string, text: string): World {
  const world = makeWorld(go127, {
    'go.mod':
      'module e.com/x\n\ngo 1.21\n\nrequire e.com/member v0.0.0\n\nreplace e.com/member => ./member\n',
    'member/go.mod': 'module e.com/member\n\ngo 1.21\n',
  });
  writeFileSync(join(world.home, 'host-file'), text);
  const at = join(world.workspace, file);
  mkdirSync(dirname(at), { recursive: true });
  rmSync(at, { force: true });
  symlinkSync(join(world.home, 'host-file'), at);
  return world;
}

describe.each(files)('%s as a symlink out of the workspace', (file) => {
  it.each(Object.entries(secrets))('to a file of format %s is reported and not followed', async (_, text) => {
    const world = makeLinked(file, text);
    const { stdout, stderr, exitCode } = await godrift(world, ['check', '--json']);
    expect(stdout + stderr).not.toContain('s3cr3t');
    if (file.startsWith('.godrift')) {
      expect(exitCode).toBe(2);
      expect(stderr).toMatch(
        /cannot use .*it is a link out of the workspace.*replace the link with the file itself/,
      );
    } else {
      expect(JSON.parse(stdout).findings).toContainEqual(expect.objectContaining({ rule: 'file-outside' }));
    }
  });
});

it.each(['go.mod', 'go.work', '.go-version', '.godrift.yml'])(
  'an exporter shows no content of %s as a symlink out of the workspace',
  async (file) => {
    const world = makeLinked(file, secrets['yaml'] as string);
    const exporter = await startExporter(world, ['--interval', '200ms', '--log.level', 'debug']);
    try {
      await eventually(
        'passes',
        async () => (seriesOf(await exporter.metrics(), 'godrift_passes_total') ?? 0) >= 3,
      );
      const status = await (await fetch(`${exporter.url}/`)).text();
      expect((await exporter.metrics()) + status + exporter.output()).not.toContain('s3cr3t');
    } finally {
      await exporter.stop();
    }
    expect(exporter.output() + textsBelow(world.state).join('\n')).not.toContain('s3cr3t');
  },
);

describe('a symlink out of the workspace among the files of a build', () => {
  const told = async (world: World, variables: Readonly<Record<string, string>>) => {
    const { stdout, stderr } = await godrift({ ...world, env: { ...world.env, ...variables } }, ['check']);
    expect(stdout).toContain('fingerprint');
    return stdout + stderr;
  };
  const goMod = 'module e.com/x\n\ngo 1.21\n\nrequire e.org/m v1.0.0\n';
  const makeSources = () => {
    const world = makeWorld(go127, { 'go.mod': goMod, 'a.go': 'package x\n\nimport _ "e.com/x/sub"\n' });
    mkdirSync(join(world.home, 'host/s3cr3t-billing'), { recursive: true });
    writeFileSync(
      join(world.home, 'host/x.go'),
      'package x\n\nimport (\n\t_ "e.com/x/sub/s3cr3t-billing"\n\t_ "s3cr3t.example/vault"\n)\n',
    );
    writeFileSync(join(world.home, 'host/s3cr3t-billing/b.go'), 'package b\n\nimport _ "e.org/m/p"\n');
    return world;
  };

  it('as a source file: its imports are not shown', async () => {
    const world = makeSources();
    writeFileSync(join(world.workspace, 'go.mod'), 'module e.com/x\n\ngo 1.21\n');
    symlinkSync(join(world.home, 'host/x.go'), join(world.workspace, 'leak.go'));
    expect(await told(world, { GOFLAGS: '-mod=mod' })).not.toContain('s3cr3t');
  });
  it('as a package directory: no name in it is shown', async () => {
    const world = makeSources();
    symlinkSync(join(world.home, 'host'), join(world.workspace, 'sub'));
    expect(await told(world, { GOPROXY: 'off' })).not.toContain('s3cr3t');
  });
  it('as the -overlay file: no name in it is shown', async () => {
    const world = makeSources();
    const replace = { [join(world.workspace, 'a.go')]: '/srv/s3cr3t/acme.go' };
    writeFileSync(join(world.home, 'host/overlay.json'), JSON.stringify({ Replace: replace }));
    symlinkSync(join(world.home, 'host/overlay.json'), join(world.workspace, 'overlay.json'));
    expect(await told(world, { GOFLAGS: '-overlay=overlay.json' })).not.toContain('s3cr3t');
  });
});

it('the version in the go line of a symlinked go.mod is shown, because it selects the toolchain', async () => {
  const world = makeLinked('go.mod', 'module s3cr3t.example/x\n\ngo 1.99.0\n');
  const { stdout } = await godrift(world, ['check', '--json']);
  const { findings, facets } = JSON.parse(stdout) as { findings: { summary: string }[]; facets: object };
  expect(JSON.stringify(findings)).toContain('1.99.0');
  expect(stdout).not.toContain('s3cr3t');
  expect(facets).toMatchObject({ modules: 'not_evaluated', toolchain: 'ok' });
});

it('symlinks inside the repository are followed, as used in monorepos', async () => {
  const world = makeWorld(go127, {});
  mkdirSync(join(world.home, 'src/.git'));
  writeFileSync(join(world.home, 'src/.git/HEAD'), 'ref: refs/heads/main\n');
  writeFileSync(join(world.home, 'src/go.mod'), 'module e.com/x\n\ngo 1.21\n');
  writeFileSync(join(world.home, 'src/.go-version'), '1.27.4\n');
  for (const name of ['go.mod', '.go-version']) symlinkSync(`../${name}`, join(world.workspace, name));
  const { stdout } = await godrift(world, ['check', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ findings: [], facets: { modules: 'ok' } });
});

describe('a symlink', () => {
  it.each(['go.mod', 'go.work'])('%s to an uncommitted file of the checkout is not quoted', async (file) => {
    const world = makeWorld(go127, { 'go.mod': 'module e.com/x\n\ngo 1.21\n' });
    mkdirSync(join(world.workspace, '.git'));
    writeFileSync(join(world.workspace, '.git/HEAD'), 'ref: refs/heads/main\n');
    for (const kept of ['.env', '.git/credentials']) {
      writeFileSync(join(world.workspace, kept), 'go 1.21\nAPI_TOKEN=s3cr3t-WORD\n');
      rmSync(join(world.workspace, file), { force: true });
      symlinkSync(kept, join(world.workspace, file));
      for (const args of [['check'], ['check', '--json']]) {
        const { stdout, stderr } = await godrift(world, args);
        expect(stdout + stderr).toContain('not quoted');
        expect(stdout + stderr).not.toMatch(/s3cr3t/);
      }
    }
  });

  it.runIf(process.platform === 'linux')('to a file of /proc is not read', async () => {
    const world = makeWorld(go127);
    rmSync(join(world.workspace, 'go.mod'), { force: true });
    symlinkSync('/proc/version', join(world.workspace, 'go.mod'));
    const { stdout } = await godrift(world, ['check']);
    expect(stdout).toContain('is a link out of the workspace');
    expect(stdout).not.toContain('Linux version');
  });
});
