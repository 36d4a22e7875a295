/**
 * What the closed loop needs: a workspace with its own GOENV and a linked toolchain, accepted; an exporter in mode auto behind the shipped rules and routes in a
 * real Prometheus and Alertmanager at intervals of one second, whose webhook leads back to it; and a real Jaeger.
 */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { type Chain, startChain } from './chain.ts';
import { type Exporter, godrift, makeWorld, startExporter, type World } from './godrift.ts';
import { secrets } from './inbox.ts';
import { freePorts } from './ports.ts';
import { replaceFile } from './replace-file.ts';
import { startJaeger } from './servers.ts';
import { cloneToolchain, ensureToolchain } from './toolchains.ts';

/** Facets that the loop can let drift. */
export const loopFacets = ['env', 'toolchain'] as const;
export type LoopFacet = (typeof loopFacets)[number];

/** Everything that takes part. */
export interface ClosedLoop {
  readonly world: World;
  readonly exporter: Exporter;
  readonly chain: Chain;
  readonly jaeger: Awaited<ReturnType<typeof startJaeger>>;
  /** The GOENV file, and what it holds while all is well. */
  readonly goenv: string;
  readonly healthy: string;
  /** The link on the way from PATH to go, and the tree that it leads to while all is well. */
  readonly link: string;
  readonly goroot: string;
  /** Lets a facet drift; when, ms since the epoch. */
  drift(facet: LoopFacet): number;
  stop(): Promise<void>;
}

/** What the configuration says of rollbacks: as often as a test wants. */
const rollback = (facets: readonly string[]) => ({
  mode: 'auto',
  allow: [{ target: 'api', facets }],
  quarantine: '0s',
  cooldown: '0s',
  attempts: { max: 100, within: '1h' },
});

/** Starts all of it. */
export async function startClosedLoop(): Promise<ClosedLoop> {
  await Promise.all([ensureToolchain('1.26.0'), ensureToolchain('1.27.4')]);
  const plain = makeWorld(undefined, {
    'go.mod': 'module example.com/app\n\ngo 1.26.0\n',
    'main.go': 'package main\n\nfunc main() { println(42) }\n',
  });
  // Trees of its own: other tests run what lies in the shared ones.
  const [goroot, newer] = (await Promise.all(
    ['1.26.0', '1.27.4'].map(
      async (version) => (await cloneToolchain(version, join(plain.home, `sdk/go${version}`))).goroot,
    ),
  )) as [string, string];
  const [link, goenv, healthy] = [
    join(plain.home, 'go'),
    join(plain.home, '.config/go/env'),
    'GOFLAGS=-trimpath\n',
  ];
  const world = { ...plain, env: { ...plain.env, PATH: `${link}/bin:/usr/bin:/bin` } };
  symlinkSync(goroot, link);
  mkdirSync(dirname(goenv), { recursive: true });
  writeFileSync(goenv, healthy);
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
  const accepted = await godrift(world, [
    'baseline',
    'accept',
    '--reason',
    'all well',
    '--config.file',
    config,
  ]);
  if (accepted.exitCode !== 0) throw new Error(accepted.stderr);
  const jaeger = await startJaeger();
  const exporter = await startExporter(world, ['--config.file', config], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${jaeger.ports.otlpHttp}` },
  });
  const chain = await startChain(exporter, 1, `http://127.0.0.1:${adminPort}`);
  const ways: Readonly<Record<LoopFacet, () => void>> = {
    env: () => replaceFile(goenv, 'GOFLAGS=-mod=mod\n'),
    toolchain: () => {
      rmSync(link);
      symlinkSync(newer, link);
    },
  };
  return {
    ...{ world, exporter, chain, jaeger, goenv, healthy, link, goroot },
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
