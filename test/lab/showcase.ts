/**
 * Fleets for screenshots and page tests: a developer's targets, and many targets of a company, some of which
 * drifted.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Fleet, type Member, portableSnapshot, startFleet } from './fleet.ts';
import { eventually } from './godrift.ts';
import { ensureToolchain, runGo, scratch, type Toolchain } from './toolchains.ts';

/** Waits until the page of an exporter has a series. */
const told = (fleet: Fleet, what: string, series: RegExp) =>
  eventually(what, async () => series.test(await fleet.exporter.metrics()));

/** Builds a small program, so that the build cache of the fleet exists. */
async function fillCache(root: string, toolchain: Toolchain): Promise<void> {
  const cwd = scratch('built');
  writeFileSync(join(cwd, 'go.mod'), 'module example.com/built\n\ngo 1.21\n');
  writeFileSync(join(cwd, 'built.go'), 'package built\n');
  const { exitCode, stderr } = await runGo(toolchain, ['build', '.'], {
    cwd,
    env: { HOME: join(root, 'home') },
  });
  if (exitCode !== 0) throw new Error(stderr);
}

/**
 * Starts three targets; `api` gets another Go and GOFLAGS that rewrite go.mod, `billing` loses its modules.
 */
export async function showFew(root: string, env: Readonly<Record<string, string>> = {}): Promise<Fleet> {
  const go126 = await ensureToolchain('1.26.0');
  const go127 = await ensureToolchain('1.27.4');
  await fillCache(root, go126);
  const api: Member = {
    name: 'api',
    pool: 'ci',
    toolchain: go126,
    files: { '.go-version': '1.26\n', '.godrift.yml': 'required: [GOPRIVATE]\n' },
  };
  const billing: Member = { name: 'billing', pool: 'ci', toolchain: go126 };
  const web: Member = { name: 'web', pool: 'dev', toolchain: go126, variables: { GOFLAGS: '-trimpath' } };
  const fleet = await startFleet(root, [api, billing, web], { env });
  fleet.change({
    ...api,
    toolchain: go127,
    variables: { GOFLAGS: '-mod=mod', CGO_ENABLED: '0', GOARCH: 'arm64' },
  });
  fleet.change({ ...billing, variables: { GO111MODULE: 'off' } });
  await told(fleet, 'the drift of api', /godrift_drift_level\{target="api",facet="toolchain"\} 2/);
  await told(fleet, 'the conflict of billing', /godrift_conflict_info\{target="billing",rule="modules-off"/);
  return fleet;
}

const services = [
  'account',
  'billing',
  'catalog',
  'delivery',
  'edge',
  'identity',
  'ledger',
  'notify',
  'orders',
  'search',
];

/** Starts `count` targets; seven of them drift in different ways. */
export async function showMany(root: string, count: number): Promise<Fleet> {
  const go126 = await ensureToolchain('1.26.0');
  const go1270 = await ensureToolchain('1.27.0');
  const go1274 = await ensureToolchain('1.27.4');
  // Committed baselines spare the three passes in which each target would learn one.
  const snapshots = new Map<Toolchain, string>();
  for (const toolchain of [go126, go1270]) snapshots.set(toolchain, await portableSnapshot(toolchain));
  const members = Array.from({ length: count }, (_, index): Member => {
    const toolchain = index % 4 === 0 ? go1270 : go126;
    const number = String(Math.floor(index / services.length) + 1).padStart(2, '0');
    return {
      name: `${services[index % services.length]}-${number}`,
      pool: ['ci', 'release', 'dev'][index % 3] as string,
      toolchain,
      files: { '.godrift.snapshot': snapshots.get(toolchain) as string },
    };
  });
  const fleet = await startFleet(root, members);
  const drifts: readonly Partial<Member>[] = [
    { toolchain: go1274 },
    { variables: { GOFLAGS: '-mod=mod' } },
    { variables: { GO111MODULE: 'off' } },
    { variables: { CGO_ENABLED: '0', GOFLAGS: '-tags=netgo' } },
    { toolchain: go1274, variables: { GODEBUG: 'madvdontneed=1' } },
    { variables: { GOARCH: 'arm64' } },
    { variables: { GOPROXY: 'off' } },
  ];
  drifts.forEach((drift, index) => {
    const member = members[(index * 23 + 4) % members.length] as Member;
    fleet.change({ ...member, ...drift });
  });
  await eventually('seven drifts', async () => {
    const page = await fleet.exporter.metrics();
    const drifted = page.matchAll(/^godrift_drift_level\{target="([^"]+)"[^}]*\} [1-3]$/gm);
    return new Set([...drifted].map(([, target]) => target)).size >= drifts.length;
  });
  return fleet;
}
