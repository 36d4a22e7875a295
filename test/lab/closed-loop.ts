/**
 * The closed loop from drift to automatic rollback. Its parts: a workspace with a GOENV file, a symlinked
 * toolchain and a filled build cache, accepted as baseline; an exporter in mode auto; a real Prometheus and
 * Alertmanager with the shipped rules and routes, intervals of one second and a webhook back to the exporter;
 * and a real Jaeger.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { accept, goenvOf } from './accepted.ts';
import { answer, damageArchives, runtimeCache } from './build-cache.ts';
import { type Chain, startChain } from './chain.ts';
import { type Exporter, makeWorld, startExporter, type World } from './godrift.ts';
import { secrets } from './inbox.ts';
import { freePorts } from './ports.ts';
import { replaceFile } from './replace-file.ts';
import { startJaeger } from './servers.ts';
import { cloneToolchain, ensureToolchain, type Toolchain } from './toolchains.ts';

/** The facets that the loop can make drift. */
export const loopFacets = ['env', 'toolchain', 'cache'] as const;
export type LoopFacet = (typeof loopFacets)[number];

/** The running loop. */
export interface ClosedLoop {
  readonly world: World;
  readonly exporter: Exporter;
  readonly chain: Chain;
  readonly jaeger: Awaited<ReturnType<typeof startJaeger>>;
  /** The GOENV file, and its content without drift. */
  readonly goenv: string;
  readonly healthy: string;
  /** The symlink between PATH and go, and the GOROOT that it points to without drift. */
  readonly link: string;
  readonly goroot: string;
  /** Runs the go behind the symlink in the workspace; returns its trimmed output. Throws if it fails. */
  go(...args: string[]): string;
  /** Builds and runs the program; returns its output. */
  build(): string;
  /** Makes a facet drift. Returns when, ms since the epoch. */
  drift(facet: LoopFacet): number;
  stop(): Promise<void>;
}

/** The rollback configuration, without limits on how often a facet is rolled back. */
const rollback = (facets: readonly string[]) => ({
  mode: 'auto',
  allow: [{ target: 'api', facets }],
  quarantine: '0s',
  cooldown: '0s',
  attempts: { max: 100, within: '1h' },
});

/** The output of a program that was linked with a damaged package. */
export const wrongAnswer = answer.replace('A7f3', 'B7f3');

/** Starts the loop. */
export async function startClosedLoop(): Promise<ClosedLoop> {
  await Promise.all([ensureToolchain('1.26.0'), ensureToolchain('1.27.4')]);
  const plain = makeWorld(undefined, {
    'go.mod': 'module example.com/app\n\ngo 1.26.0\n',
    'main.go': 'package main\n\nimport "example.com/app/answer"\n\nfunc main() { println(answer.Text()) }\n',
    'answer/answer.go': `package answer\n\nfunc Text() string { return "${answer}" }\n`,
  });
  // The loop changes its toolchains, and other tests run the shared ones.
  const [toolchain, newer] = (await Promise.all(
    ['1.26.0', '1.27.4'].map((version) => cloneToolchain(version, join(plain.home, `sdk/go${version}`))),
  )) as [Toolchain, Toolchain];
  const { goroot } = toolchain;
  const [link, goenv, healthy] = [join(plain.home, 'go'), goenvOf(plain), 'GOFLAGS=-trimpath\n'];
  const world = { ...plain, env: { ...plain.env, PATH: `${link}/bin:/usr/bin:/bin` } };
  symlinkSync(goroot, link);
  mkdirSync(dirname(goenv), { recursive: true });
  writeFileSync(goenv, healthy);
  const cache = join(plain.home, '.cache/go-build');
  await runtimeCache(toolchain, cache);
  const run = (command: string, args: readonly string[]) =>
    execFileSync(command, args, {
      cwd: world.workspace,
      env: { ...world.env, GOTELEMETRY: 'off' },
      encoding: 'utf8',
    }).trim();
  const go = (...args: string[]) => run(join(link, 'bin/go'), args);
  const build = () => {
    rmSync(join(world.home, 'app'), { force: true });
    go('build', '-o', join(world.home, 'app'), '.');
    // println writes to stderr.
    return run('sh', ['-c', '"$HOME/app" 2>&1']);
  };
  build();
  const token = join(world.home, 'token');
  writeFileSync(token, secrets['godrift-token'], { mode: 0o600 });
  const [adminPort = 0] = await freePorts(1);
  const config = join(world.home, 'godrift.yml');
  writeFileSync(
    config,
    stringify({
      interval: '1s',
      rollback: rollback(loopFacets),
      admin: { listen: `127.0.0.1:${adminPort}`, tokens: [{ file: token, scope: 'rollback' }] },
      targets: [{ name: 'api', workspace: world.workspace, pool: 'ci' }],
    }),
  );
  await accept(world, 'all well', '--config.file', config);
  const jaeger = await startJaeger();
  const exporter = await startExporter(world, ['--config.file', config], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${jaeger.ports.otlpHttp}` },
  });
  const chain = await startChain(exporter, 1, `http://127.0.0.1:${adminPort}`);
  const ways: Readonly<Record<LoopFacet, () => void>> = {
    env: () => replaceFile(goenv, 'GOFLAGS=-mod=mod\n'),
    toolchain: () => {
      rmSync(link);
      symlinkSync(newer.goroot, link);
    },
    cache: () => {
      build();
      if (damageArchives(cache, answer, wrongAnswer).length === 0)
        throw new Error('no package of the program is cached');
    },
  };
  return {
    ...{ world, exporter, chain, jaeger, goenv, healthy, link, goroot, go, build },
    drift(facet) {
      ways[facet]();
      return Date.now();
    },
    async stop() {
      await chain.stop();
      await exporter.stop();
      await jaeger.stop();
    },
  };
}
