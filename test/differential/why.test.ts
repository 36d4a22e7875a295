/**
 * `godrift why` compared with the real go, in generated worlds on disk for every toolchain. The value of each
 * variable must be what `go env` prints; each layer is proven by removing the layers above it, one after the
 * other, down to the default of Go.
 *
 * WHY_WORLDS=20 generates more worlds of each toolchain than the one or two of a normal run.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { variable } from '../../src/catalog/variables.ts';
import { worldOf } from '../../src/drift/evaluate.ts';
import type { WhyLayer } from '../../src/explain/why/model.ts';
import { explainVariable } from '../../src/explain/why/variable.ts';
import { goMinor } from '../../src/go/defaults.ts';
import { goVariableNames } from '../../src/go/getenv.ts';
import { parseKnownEnv } from '../../src/go/goroot-source.ts';
import { readMachine } from '../../src/host/machine.ts';
import { publicValue } from '../../src/observe/collectors/env/env.ts';
import { observe } from '../../src/observe/observer.ts';
import { patienceMs } from '../lab/eventually.ts';
import { randomOf } from '../lab/random.ts';
import {
  cloneToolchain,
  ensureToolchain,
  scratch,
  type Toolchain,
  toolchainVersions,
} from '../lab/toolchains.ts';

/** The oldest and the newest version run the most worlds. */
const worldsOf = (version: string) =>
  Number(
    process.env['WHY_WORLDS'] ??
      (version === toolchainVersions[0] || version === toolchainVersions.at(-1) ? 2 : 1),
  );

/**
 * Values that go uses verbatim, so that the value of a layer is in effect once the layers above are removed.
 */
function pools(dir: string): Record<string, readonly string[]> {
  return {
    AR: ['ar', 'llvm-ar'],
    CC: ['gcc', 'clang', 'cc -m64'],
    CXX: ['clang++', 'c++'],
    FC: ['gfortran'],
    CGO_ENABLED: ['0', '1'],
    CGO_CFLAGS_ALLOW: ['-f.*'],
    GO111MODULE: ['on', 'auto'],
    GOAMD64: ['v1', 'v2', 'v3'],
    GOAUTH: ['off', 'netrc'],
    GOBIN: [`${dir}/bin`, `${dir}/bin2`],
    GOCACHE: [`${dir}/cache`, `${dir}/cache2`],
    GOEXPERIMENT: ['fieldtrack', 'staticlockranking'],
    GOFLAGS: ['-mod=mod', '-tags=a,b', '-trimpath'],
    GOINSECURE: ['*.corp.example', 'b.example'],
    GOMODCACHE: [`${dir}/mod`, `${dir}/mod2`],
    GONOPROXY: ['none', 'a.example'],
    GONOSUMDB: ['b.example', 'c.example'],
    GOOS: ['linux', 'windows', 'freebsd'],
    GOARCH: ['amd64', 'arm64'],
    GOPATH: [`${dir}/gopath`, `${dir}/a:${dir}/b`],
    GOPRIVATE: ['*.corp.example', 'rsc.example/private'],
    GOPROXY: ['off', 'https://user:secret@proxy.example,direct', 'direct'],
    GOSUMDB: ['off', 'sum.example'],
    GOTMPDIR: [`${dir}/tmp`, `${dir}/tmp2`],
    GOTOOLCHAIN: ['local', 'local+path', 'path'],
    GOVCS: ['*:off', 'public:git|hg'],
    GOWORK: ['off', `${dir}/ws/go.work`],
    GO_EXTLINK_ENABLED: ['0', '1'],
    GODEBUG: ['http2client=0', 'madvdontneed=1'],
  };
}

type Layer = 'process' | 'goenv' | 'goroot';
type Settings = Map<string, string>;

/** The content of the layers; written again for every question. */
interface World {
  readonly dir: string;
  readonly toolchain: Toolchain;
  readonly layers: Readonly<Record<Layer, Settings>>;
  readonly shipped: string;
}

const text = (settings: Settings) => [...settings].map(([name, value]) => `${name}=${value}\n`).join('');

/** Writes a world without some settings, and returns the process environment. */
function write(
  { dir, toolchain, layers, shipped }: World,
  gone: ReadonlySet<string>,
): Record<string, string> {
  const left = (layer: Layer) =>
    new Map([...layers[layer]].filter(([name]) => !gone.has(`${layer} ${name}`)));
  writeFileSync(path.join(dir, 'home/.config/go/env'), `# of a test\n${text(left('goenv'))}`);
  const goroot = left('goroot');
  const lines = shipped
    .split('\n')
    .filter(
      (line) =>
        !/^[A-Z]/.test(line) ||
        goroot.get(line.slice(0, line.indexOf('='))) === line.slice(line.indexOf('=') + 1),
    );
  const own = new Map([...goroot].filter(([name, value]) => !shipped.includes(`\n${name}=${value}\n`)));
  writeFileSync(path.join(toolchain.goroot, 'go.env'), `${text(own)}${lines.join('\n')}`);
  return {
    HOME: path.join(dir, 'home'),
    PATH: '/usr/bin:/bin',
    TEST_TELEMETRY_DIR: path.join(dir, 'telemetry'),
    ...Object.fromEntries(left('process')),
  };
}

function makeWorld(toolchain: Toolchain, shipped: string, seed: number): World {
  const random = randomOf(seed);
  const dir = scratch('why');
  for (const each of ['home/.config/go', 'telemetry', 'ws', 'tmp'])
    mkdirSync(path.join(dir, each), { recursive: true });
  writeFileSync(path.join(dir, 'telemetry/mode'), 'off 2026-01-01');
  writeFileSync(path.join(dir, 'ws/go.mod'), 'module example.com/m\n\ngo 1.20\n');
  writeFileSync(path.join(dir, 'ws/go.work'), 'go 1.20\n\nuse .\n');
  const layers: Record<Layer, Settings> = { process: new Map(), goenv: new Map(), goroot: new Map() };
  for (const line of shipped.split('\n')) {
    const equals = line.indexOf('=');
    if (/^[A-Z]/.test(line) && equals > 0) layers.goroot.set(line.slice(0, equals), line.slice(equals + 1));
  }
  for (const [name, values] of Object.entries(pools(dir))) {
    const any = () => values[Math.floor(random() * values.length)] as string;
    if (random() < 0.45) layers.process.set(name, any());
    if (random() < 0.45 && variable(name)?.processOnly !== true) layers.goenv.set(name, any());
    if (random() < 0.2 && variable(name)?.processOnly !== true && !layers.goroot.has(name))
      layers.goroot.set(name, any());
  }
  return { dir, toolchain, layers, shipped };
}

function askGo(
  world: World,
  env: Record<string, string>,
  names: readonly string[],
): Promise<Readonly<Record<string, string>> | undefined> {
  return new Promise((resolve) => {
    execFile(
      world.toolchain.go,
      ['env', '-json', ...names],
      { cwd: path.join(world.dir, 'ws'), env, timeout: patienceMs },
      (error, stdout) => resolve(error ? undefined : (JSON.parse(stdout) as Record<string, string>)),
    );
  });
}

/** Our answer for every variable of a world on disk. */
async function ours({ dir, toolchain }: World, env: Record<string, string>) {
  const file = path.join(dir, 'environment');
  writeFileSync(
    file,
    Object.entries(env)
      .map(([name, value]) => `${name}=${value}\0`)
      .join(''),
  );
  const { observation } = await observe(
    {
      name: 'why',
      workspace: path.join(dir, 'ws'),
      go: toolchain.go,
      environment: { from: 'file', path: file },
      pool: '',
      baseline: 'auto',
      pins: { goMod: 'floor', tools: {} },
      required: [],
      tools: [],
    },
    readMachine(),
    () => 0,
  );
  const judged = worldOf(observation);
  return (name: string) => explainVariable(judged, name);
}

/** The names that this go version knows. */
function askable({ goroot, version }: Toolchain): string[] {
  const known = new Set(parseKnownEnv(readFileSync(path.join(goroot, 'src/internal/cfg/cfg.go'), 'utf8')));
  // We report GOTELEMETRY as not known.
  const said = new Set(['GODEBUG', 'GOMOD', 'GOVERSION', 'GOTELEMETRYDIR']);
  return goVariableNames.filter((name) => {
    const row = variable(name);
    if (row === undefined || row.costly === true || row.secret === 'whole') return false;
    const since = row.shownSince ?? row.since ?? '1.21';
    return goMinor(version) >= goMinor(since) && (known.has(name) || said.has(name));
  });
}

const layerOf = ({ origin }: WhyLayer): Layer | undefined =>
  origin.kind === 'process' || origin.kind === 'goenv' || origin.kind === 'goroot' ? origin.kind : undefined;

/** GOROOT and GOENV decide which files are read: removing them would make another world. */
const peeled = (name: string) => name !== 'GOROOT' && name !== 'GOENV';

/**
 * Removes the layers of a variable from the top, and asks the real go each time. Returns the number of proven
 * layers.
 */
async function peel(world: World, name: string, layers: readonly WhyLayer[], seed: number): Promise<number> {
  const counted = layers.filter(({ state }) => state !== 'passed-over');
  const gone = new Set<string>();
  let proven = 0;
  for (const [index, layer] of counted.entries()) {
    const place = layerOf(layer);
    const below = counted[index + 1];
    if (place === undefined || below === undefined) break;
    gone.add(`${place} ${name}`);
    const answer = await askGo(world, write(world, gone), [name]);
    // Without that layer, another setting may make go reject everything.
    if (answer === undefined) break;
    const label = `${name} without ${[...gone].join(', ')}, world ${seed}`;
    expect(publicValue(name, answer[name] ?? ''), label).toBe(below.value);
    proven++;
  }
  return proven;
}

describe.each(toolchainVersions)('why, compared with go%s', (version) => {
  it('reports every value and every layer like go env', async () => {
    const toolchain = await cloneToolchain(version, path.join(scratch('why-go'), 'go'), { own: ['go.env'] });
    const shipped = readFileSync(path.join((await ensureToolchain(version)).goroot, 'go.env'), 'utf8');
    const names = askable(toolchain);
    const worldCount = worldsOf(version);
    let [values, layers, refused] = [0, 0, 0];
    for (let index = 0; index < worldCount; index++) {
      const seed = 1000 * goMinor(version) + index;
      const world = makeWorld(toolchain, shipped, seed);
      const env = write(world, new Set());
      const real = await askGo(world, env, names);
      if (real === undefined) {
        refused++;
        continue;
      }
      const why = await ours(world, env);
      const told = names.map((name) => [name, why(name)?.value]);
      expect(Object.fromEntries(told), `world ${seed}`).toEqual(
        Object.fromEntries(names.map((name) => [name, publicValue(name, real[name] ?? '')])),
      );
      values += names.length;
      for (const name of names.filter(peeled))
        layers += await peel(world, name, why(name)?.layers ?? [], seed);
    }
    process.stderr.write(
      `why: go${version}: ${values} values equal, ${layers} layers proven by taking away those above, ${refused} of ${worldCount} worlds refused by go\n`,
    );
    expect(refused).toBeLessThan(worldCount / 2);
    expect(layers).toBeGreaterThan((worldCount - refused) * 15);
  });
});
