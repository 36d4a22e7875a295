/**
 * Our resolution of the environment compared with the real go: generated worlds (process environment, GOENV
 * file, go.env, HOME and XDG, working directory, PATH) for every toolchain. Values come from `go env -json
 * NAME…`; origins are proven by removing the layer.
 */
import { execFile } from 'node:child_process';
import { constants, promises as fs, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { variable, variables } from '../../src/catalog/variables.ts';
import { type GoFacts, goMinor } from '../../src/go/defaults.ts';
import { parseExperiments, unknownExperiments } from '../../src/go/experiments.ts';
import {
  goenvPath,
  gorootEnvPath,
  goVariableNames,
  type ResolvedVariable,
  resolveVariables,
} from '../../src/go/getenv.ts';
import { parseGoenv } from '../../src/go/goenv.ts';
import { isGoflagName } from '../../src/go/goflag-names.ts';
import { parseGoflags } from '../../src/go/goflags.ts';
import {
  gorootFiles,
  isArchLevelValid,
  parseArchLevels,
  parseBuildDefaults,
  parseDefaultCompilers,
  parseGodebugs,
  parseGoflagNames,
  parseKnownEnv,
  parsePlatforms,
  removedGodebugs,
  unknownGoflag,
} from '../../src/go/goroot-source.ts';
import { patienceMs } from '../lab/eventually.ts';
import { randomOf } from '../lab/random.ts';
import { ensureToolchain, type Toolchain, toolchainVersions } from '../lab/toolchains.ts';

const versions = toolchainVersions;
/**
 * The oldest and the newest version run the most worlds; those between differ from one of the two in few
 * places.
 */
const isEnd = (version: string) => version === versions[0] || version === versions.at(-1);
const worldsOf = (version: string) => (isEnd(version) ? 70 : 20);
let root = '';

beforeAll(async () => {
  root = await fs.mkdtemp(path.join(os.tmpdir(), 'godrift-env-'));
});
afterAll(async () => {
  // After a failure, child processes may still be writing.
  await fs.rm(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

/** Everything that determines the output of `go env`, on disk below `dir`. */
interface World {
  readonly dir: string;
  readonly go: string;
  /** The GOROOT that `go` derives from its own path. */
  readonly goroot: string;
  readonly cwd: string;
  readonly goMod?: string;
  readonly goWork?: string;
  readonly process: ReadonlyMap<string, string>;
  /** The content of the GOENV file, or undefined if there is none. */
  readonly goenv: Buffer | undefined;
  /** The content of the go.env in effect. */
  readonly gorootEnv: string | undefined;
}

interface Sources {
  readonly toolchain: Toolchain;
  readonly sources: NonNullable<GoFacts['sources']>;
  readonly known: ReadonlySet<string>;
  readonly shipped: string;
}

function readSources(toolchain: Toolchain): Sources {
  const read = (file: keyof typeof gorootFiles) =>
    readFileSync(path.join(toolchain.goroot, gorootFiles[file]), 'utf8');
  const compilers = parseDefaultCompilers(read('compilers'));
  return {
    toolchain,
    sources: {
      buildDefaults: parseBuildDefaults(read('bootstrap')),
      ...(compilers && { compilers }),
      platforms: parsePlatforms(read('platforms')),
    },
    known: new Set(parseKnownEnv(read('knownEnv'))),
    shipped: read('env'),
  };
}

const levelPools: Record<string, readonly string[]> = {
  GO386: ['sse2', 'softfloat'],
  GOAMD64: ['v1', 'v2', 'v3'],
  GOARM: ['5', '6', '7'],
  GOARM64: ['v8.0', 'v8.1', 'v9.0,lse'],
  GOMIPS: ['hardfloat', 'softfloat'],
  GOMIPS64: ['softfloat'],
  GOPPC64: ['power8', 'power9'],
  GORISCV64: ['rva20u64', 'rva22u64'],
  GOWASM: ['satconv', 'satconv,signext'],
};

function pools(dir: string): Record<string, readonly string[]> {
  return {
    ...levelPools,
    AR: ['ar', 'llvm-ar'],
    CC: ['gcc', 'clang', 'cc -m64'],
    CXX: ['clang++'],
    FC: ['gfortran'],
    GCCGO: ['gccgo', 'sh', '/bin/sh', 'nowhere'],
    CGO_ENABLED: ['0', '1', '2', 'yes'],
    CGO_CFLAGS_ALLOW: ['-f.*'],
    CGO_LDFLAGS_DISALLOW: ['-Wl,.*'],
    GO111MODULE: ['on', 'off', 'auto'],
    GOAUTH: ['off', 'git /some/where', 'netrc'],
    GOBIN: [`${dir}/bin`, ''],
    GOCACHE: [`${dir}/cache`, 'off', 'relative/cache', `${dir}/cache/../other`],
    GOCACHEPROG: ['helper --token abc'],
    GODEBUG: ['http2client=0', 'madvdontneed=1'],
    GOEXPERIMENT: ['fieldtrack', 'none', 'noarenas,staticlockranking', 'regabi'],
    GOFIPS140: ['off', 'latest'],
    GOFLAGS: ['-mod=mod', '-tags=a,b -trimpath', '=true', "'-ldflags=-X main.a=b c'", "'unterminated"],
    GOINSECURE: ['*.corp.example'],
    GOMODCACHE: [`${dir}/mod`],
    GONOPROXY: ['none', 'a.example'],
    GONOSUMDB: ['b.example'],
    GOOS: ['linux', 'linux', 'windows', 'darwin', 'freebsd', 'openbsd'],
    GOARCH: ['amd64', 'arm64', '386', 'arm'],
    GOPATH: [`${dir}/gopath`, `${dir}/a:${dir}/b`, `:${dir}/b`, `${dir}/x/../y`, '~/go', 'relative'],
    GOPRIVATE: ['*.corp.example,rsc.example/private'],
    GOPROXY: ['off', 'https://user:secret@proxy.example,direct'],
    GOSUMDB: ['off', 'sum.example'],
    GOTMPDIR: [`${dir}/tmp`, 'rel'],
    GOTOOLCHAIN: ['local', 'auto', 'path', 'local+path'],
    GOVCS: ['*:off', 'public:git|hg'],
    GOWORK: ['off', 'auto', `${dir}/ws/go.work`],
    GO_EXTLINK_ENABLED: ['0', '1'],
    // Not settings: a line or a variable of these names must have no effect.
    GOEXE: ['.bat'],
    GOHOSTARCH: ['mips'],
    GOMOD: ['/elsewhere/go.mod'],
    GOTOOLDIR: ['/elsewhere/tool'],
    GOVERSION: ['go9.9.9'],
    GOTELEMETRY: ['on'],
    GOPACKAGESDRIVER: ['off'],
  };
}

const nasty = [
  'no equals sign',
  'lower=case',
  ' GOFLAGS=-leading=space',
  'export GOFLAGS=-x',
  '=GOFLAGS',
  '# GOFLAGS=-comment',
  '',
  '\r',
  'UNKNOWN=yes',
  'GOENV=/elsewhere',
  'GODEBUG=gctrace=1',
  `GOVCS=${'x'.repeat(300_000)}`,
];

async function makeWorld(seed: number, source: Sources): Promise<World> {
  const random = randomOf(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const chance = (share: number) => random() < share;
  const dir = path.join(root, `${source.toolchain.version}-${seed}`);
  for (const each of [
    'home',
    'gopath',
    'a/src/x',
    'b/src/y',
    'plain',
    'mod/below',
    'work/m',
    'empty',
    'telemetry',
    'bin',
    'tmp',
  ]) {
    await fs.mkdir(path.join(dir, each), { recursive: true });
  }
  await fs.writeFile(path.join(dir, 'telemetry/mode'), pick(['off 2026-01-01', ' off', 'off\n']));
  await fs.writeFile(path.join(dir, 'mod/go.mod'), 'module example.com/m\n\ngo 1.20\n');
  await fs.writeFile(path.join(dir, 'work/m/go.mod'), 'module example.com/w\n\ngo 1.20\n');
  await fs.writeFile(path.join(dir, 'work/go.work'), 'go 1.20\n\nuse ./m\n');
  const { go, goroot } = await makeGoroot(path.join(dir, 'goroot'), source, pick, chance);
  const values = pools(dir);
  const lines: Buffer[] = [];
  const process = new Map<string, string>([
    ['PATH', chance(0.6) ? '/usr/bin:/bin' : `${dir}/empty`],
    ['TEST_TELEMETRY_DIR', path.join(dir, 'telemetry')],
  ]);
  if (!chance(0.05))
    process.set('HOME', pick([`${dir}/home`, `${dir}/home`, `${dir}/home`, 'relative/home', dir]));
  if (chance(0.2)) process.set('XDG_CACHE_HOME', pick([`${dir}/xdg-cache`, 'xdg/relative']));
  if (chance(0.2)) process.set('XDG_CONFIG_HOME', pick([`${dir}/xdg-config`, 'xdg/config']));
  for (const name of Object.keys(values)) {
    const mine = values[name] ?? [];
    if (chance(0.16)) process.set(name, chance(0.15) ? '' : pick(mine));
    if (chance(0.16)) lines.push(Buffer.from(`${name}=${chance(0.12) ? '' : pick(mine)}`));
    if (chance(0.03)) lines.push(Buffer.from(`${name}=${pick(mine)}`));
  }
  while (chance(0.5)) lines.splice(Math.floor(random() * (lines.length + 1)), 0, Buffer.from(pick(nasty)));
  if (chance(0.2))
    lines.push(Buffer.from([...Buffer.from('GOINSECURE=a'), 0xe2, 0x82, 0x41, 0xff, 0x00, 0x62]));
  if (chance(0.1)) lines.push(Buffer.from('GOVCS=*:all\r'));
  if (chance(0.12)) process.set('GOROOT', await spareGoroot(`${dir}/spare1`, pick, chance));
  if (chance(0.12))
    lines.push(
      Buffer.from(
        `GOROOT=${await spareGoroot(`${dir}/spare2`, pick, chance)}${pick(['', '/', '/../spare2'])}`,
      ),
    );
  if (chance(0.05)) lines.push(Buffer.from('GOROOT='));
  const newline = Buffer.from('\n');
  const text = Buffer.concat(
    lines.flatMap((line, i) => (i === lines.length - 1 && chance(0.3) ? [line] : [line, newline])),
  );
  const where = chance(0.4) ? pick([`${dir}/own-env`, 'off', `${dir}/absent`]) : '';
  if (where !== '') process.set('GOENV', where);
  const place = pick(['plain', 'mod', 'mod/below', 'work/m', 'a/src/x', 'b/src/y']);
  const world: World = {
    dir,
    go,
    goroot,
    cwd: path.join(dir, place),
    ...(place.startsWith('mod') && { goMod: path.join(dir, 'mod/go.mod') }),
    ...(place === 'work/m' && {
      goMod: path.join(dir, 'work/m/go.mod'),
      goWork: path.join(dir, 'work/go.work'),
    }),
    process,
    goenv: where === `${dir}/absent` ? undefined : text,
    gorootEnv: undefined,
  };
  return withFiles(world, source);
}

/** Makes a GOROOT with the real go and its own go.env, which is all that `go env` needs. */
async function makeGoroot(
  goroot: string,
  { toolchain, shipped }: Sources,
  pick: <T>(list: readonly T[]) => T,
  chance: (share: number) => boolean,
) {
  if (chance(0.4)) return { go: toolchain.go, goroot: toolchain.goroot };
  await fs.mkdir(path.join(goroot, 'bin'), { recursive: true });
  await fs.mkdir(path.join(goroot, 'pkg/tool'), { recursive: true });
  const go = path.join(goroot, 'bin/go');
  await fs.link(toolchain.go, go).catch((error: NodeJS.ErrnoException) => {
    // Never write to an existing file: it may be the link to the shared toolchain.
    if (error.code === 'EXDEV' || error.code === 'EPERM')
      return fs.copyFile(toolchain.go, go, constants.COPYFILE_EXCL);
    throw error;
  });
  if (chance(0.9)) await fs.writeFile(path.join(goroot, 'go.env'), editedEnv(shipped, pick));
  return { go, goroot };
}

function editedEnv(shipped: string, pick: <T>(list: readonly T[]) => T): string {
  return pick([
    shipped,
    `${shipped}\nGOTOOLCHAIN=local\nGOFLAGS=-mod=readonly\nGOCACHE=/from/go.env\n`,
    shipped.replace(/^GOTOOLCHAIN=.*$/m, ''),
    `${shipped}GOROOT=/not/honoured\nCGO_ENABLED=0\nGOPRIVATE=from.go.env\nGOAMD64=v2\nGO111MODULE=auto\n`,
    'GOPROXY=off\nGOSUMDB=\nGOPATH=/from/go.env\nCC=\nGOOS=windows\n',
  ]);
}

async function spareGoroot(
  dir: string,
  pick: <T>(list: readonly T[]) => T,
  chance: (share: number) => boolean,
): Promise<string> {
  await fs.mkdir(dir, { recursive: true });
  if (chance(0.7)) {
    await fs.writeFile(
      path.join(dir, 'go.env'),
      pick(['GOPROXY=s\nGOAMD64=v1\nGOTOOLCHAIN=local\n', 'GOTOOLCHAIN=local\nGOBIN=/from/spare\n']),
    );
  }
  return dir;
}

/** Writes the GOENV file of a world and finds the go.env in effect. */
async function withFiles(world: World, source: Sources): Promise<World> {
  const facts = factsOf(world, source);
  const file = goenvPath(world.process, facts);
  const absolute = file && path.resolve(world.cwd, file);
  if (absolute && world.goenv) {
    await fs.mkdir(path.dirname(absolute), { recursive: true });
    await fs.writeFile(absolute, world.goenv);
  }
  const goenv = absolute && world.goenv ? parseGoenv(world.goenv) : undefined;
  const defaults = gorootEnvPath(world.process, goenv, facts);
  const text = defaults && (await fs.readFile(defaults, 'utf8').catch(() => undefined));
  return { ...world, goenv: absolute ? world.goenv : undefined, gorootEnv: text };
}

function factsOf(world: World, { toolchain, sources }: Sources): GoFacts {
  const env = world.process;
  return {
    version: toolchain.version,
    runtimeVersion: `go${toolchain.version}`,
    os: 'linux',
    arch: process.arch === 'arm64' ? 'arm64' : 'amd64',
    goroot: world.goroot,
    home: env.get('HOME') ?? '',
    xdgConfigHome: env.get('XDG_CONFIG_HOME') ?? '',
    xdgCacheHome: env.get('XDG_CACHE_HOME') ?? '',
    lookPath: (command) => lookPath(command, env.get('PATH') ?? ''),
    cwd: world.cwd,
    ...(world.goMod && { goMod: { path: world.goMod } }),
    ...(world.goWork && { goWork: world.goWork }),
    telemetryMode: (file) => {
      try {
        return readFileSync(file, 'utf8');
      } catch {
        return undefined;
      }
    },
    sources,
  };
}

const looked = new Map<string, boolean>();
function lookPath(command: string, search: string): string | undefined {
  const files = command.includes('/') ? [command] : search.split(':').map((each) => path.join(each, command));
  return files.find((file) => {
    if (!looked.has(file)) {
      try {
        readFileSync(file);
        looked.set(file, true);
      } catch {
        looked.set(file, false);
      }
    }
    return looked.get(file);
  });
}

function ours(world: World, source: Sources): Map<string, ResolvedVariable> {
  const facts = factsOf(world, source);
  const goenv = world.goenv && { path: goenvPath(world.process, facts) ?? '', file: parseGoenv(world.goenv) };
  const defaults = gorootEnvPath(world.process, goenv?.file, facts);
  const gorootEnv =
    defaults && world.gorootEnv !== undefined
      ? { path: defaults, file: parseGoenv(Buffer.from(world.gorootEnv)) }
      : undefined;
  return resolveVariables({ process: world.process, goenv, gorootEnv, facts });
}

type Answer = { readonly values: Record<string, string> } | { readonly refused: string };

function askGo(world: Pick<World, 'go' | 'cwd' | 'process'>, names: readonly string[]): Promise<Answer> {
  return new Promise((resolve) => {
    const options = {
      cwd: world.cwd,
      env: Object.fromEntries(world.process),
      maxBuffer: 8 << 20,
      timeout: patienceMs,
    };
    execFile(world.go, ['env', '-json', ...names], options, (error, stdout, stderr) => {
      if (error) resolve({ refused: stderr.trim() || error.message });
      else resolve({ values: JSON.parse(stdout) as Record<string, string> });
    });
  });
}

/** The names that this go version knows; an older go only echoes what the files hold. */
function askable({ toolchain, known }: Sources): string[] {
  return goVariableNames.filter((name) => {
    const row = variable(name);
    if (!row || row.costly || row.secret === 'whole') return false;
    const since = row.shownSince ?? row.since;
    return (
      (since === undefined || goMinor(toolchain.version) >= goMinor(since)) &&
      (known.has(name) || notInKnownEnv.has(name))
    );
  });
}
/** Names that `go env` shows although they are not settings (envcmd.MkEnv, ExtraEnvVars). */
const notInKnownEnv = new Set([
  'GODEBUG',
  'GOMOD',
  'GOPACKAGESDRIVER',
  'GOTELEMETRY',
  'GOTELEMETRYDIR',
  'GOVERSION',
]);

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: 4 }, worker));
}

/** Errors at which the real go stops before it prints any variable. */
const knownRefusals =
  /unsupported GOOS\/GOARCH|GOPATH entry|unknown GOEXPERIMENT|invalid GOTOOLCHAIN|GOWORK|buildcfg|invalid GO|cannot find GOROOT|GOFIPS140|no such file or directory|module cache not found|\$HOME|fips140|regabiargs requires|go\.work|toolchain/;

describe.each(versions)('go%s', (version) => {
  let source: Sources;
  beforeAll(async () => {
    source = readSources(await ensureToolchain(version));
  });

  test('resolves the value and origin of every variable like go env', async () => {
    const names = askable(source);
    const refused: string[] = [];
    let compared = 0;
    let proven = 0;
    await inParallel(
      Array.from({ length: worldsOf(version) }, (_, i) => 1000 + i),
      async (seed) => {
        const world = await makeWorld(seed, source);
        const mine = ours(world, source);
        const real = await askGo(world, names);
        if ('refused' in real) {
          expect(real.refused).toMatch(knownRefusals);
          refused.push(real.refused);
          return;
        }
        const expected = Object.fromEntries(names.map((name) => [name, real.values[name]]));
        const actual = Object.fromEntries(names.map((name) => [name, mine.get(name)?.value]));
        expect(actual, `world ${seed}`).toEqual(expected);
        compared++;
        const more = await proveOrigins(world, source, mine, names, seed);
        proven += more;
      },
    );
    expect(compared).toBeGreaterThan(worldsOf(version) * 0.7);
    expect(proven).toBeGreaterThan(compared * 10);
    logFigures(
      `${compared} worlds × ${names.length} variables equal, ${proven} origins proven, ${refused.length} worlds refused by go`,
    );
  });

  test('resolves the C flags, for which go asks the compiler', async () => {
    const names = variables.filter((row) => row.costly && row.name !== 'GOGCCFLAGS').map((row) => row.name);
    for (const [i, env] of cgoWorlds.entries()) {
      const base = await makeWorld(5000 + i, source);
      const process = new Map([
        ['HOME', path.join(base.dir, 'home')],
        ['PATH', '/usr/bin:/bin'],
        ...Object.entries(env),
      ]);
      process.set('TEST_TELEMETRY_DIR', path.join(base.dir, 'telemetry'));
      const plain = {
        ...base,
        go: source.toolchain.go,
        goroot: source.toolchain.goroot,
        cwd: path.join(base.dir, 'plain'),
      };
      const world = await withFiles({ ...plain, process, goenv: undefined }, source);
      const real = await askGo(world, names);
      const mine = ours(world, source);
      if ('refused' in real) throw new Error(real.refused);
      expect(Object.fromEntries(names.map((name) => [name, mine.get(name)?.value]))).toEqual(real.values);
    }
  });

  test('resolves any GOTOOLCHAIN as go env prints it without switching', async () => {
    const values = ['go1.99.1', 'go1.30+auto', 'junk', 'local\r', 'go1.22', 'default', '', 'path'];
    const base = await makeWorld(7000, source);
    for (const value of values) {
      for (const layer of ['process', 'goenv'] as const) {
        const process = new Map([
          ['HOME', path.join(base.dir, 'home')],
          ['PATH', '/usr/bin:/bin'],
        ]);
        process.set('TEST_TELEMETRY_DIR', path.join(base.dir, 'telemetry'));
        if (layer === 'process') process.set('GOTOOLCHAIN', value);
        const goenv = layer === 'goenv' ? Buffer.from(`GOTOOLCHAIN=${value}\n`) : undefined;
        const world = await withFiles({ ...base, cwd: path.join(base.dir, 'plain'), process, goenv }, source);
        if (!goenv) await fs.rm(path.join(base.dir, 'home/.config'), { recursive: true, force: true });
        const real = await new Promise<string>((resolve) => {
          execFile(
            world.go,
            ['env', 'GOTOOLCHAIN'],
            { cwd: world.cwd, env: Object.fromEntries(process) },
            (_, out) => resolve(out),
          );
        });
        const mine = ours(world, source).get('GOTOOLCHAIN');
        if (real !== '') expect(`${mine?.value}\n`, `${layer} ${JSON.stringify(value)}`).toBe(real);
      }
    }
  });

  test('judges flags, experiments, levels and platforms from the Go sources like the go command', async () => {
    await checkSettings(source);
  });
});

const cgoWorlds: readonly Record<string, string>[] = [
  {},
  { CGO_CFLAGS: '-O0   -g3', CGO_LDFLAGS: "'-L/with space' -lm", PKG_CONFIG: 'pkgconf --static' },
  { CGO_CPPFLAGS: `"-DX='y'"`, CGO_CXXFLAGS: ' ', CGO_FFLAGS: '-O1\t-g', GO111MODULE: 'off' },
];

type Layer = 'process' | 'goenv' | 'goroot';
/** The names to remove from each layer. */
type Silenced = Readonly<Record<Layer, ReadonlySet<string>>>;

/**
 * Proves the origins of the variables that a world sets. With only the claimed layers, all real values stay
 * the same. Without the claimed layers, for half of the names, the real values are those that we then
 * resolve.
 */
async function proveOrigins(
  world: World,
  source: Sources,
  mine: ReadonlyMap<string, ResolvedVariable>,
  names: readonly string[],
  seed: number,
): Promise<number> {
  const random = randomOf(seed);
  const claims = new Map<string, Layer>();
  for (const name of names) {
    const kind = mine.get(name)?.origin.kind;
    // GOROOT and GOENV decide which files are read: removing them would make another world, not just another
    // layer.
    if (name === 'GOENV' || name === 'GOROOT') continue;
    if (kind === 'process' || kind === 'goenv') claims.set(name, kind);
    if (kind === 'goroot' && world.goroot !== source.toolchain.goroot) claims.set(name, kind);
  }
  const silenced = (
    isSilent: (layer: Layer, claimed: Layer) => boolean,
    some: readonly string[],
  ): Silenced => {
    const of = (layer: Layer) => new Set(some.filter((name) => isSilent(layer, claims.get(name) as Layer)));
    return { process: of('process'), goenv: of('goenv'), goroot: of('goroot') };
  };
  let proven = 0;
  const claimed = [...claims.keys()];
  if (claimed.length === 0) return 0;
  const alone = await without(
    world,
    source,
    silenced((layer, kind) => layer !== kind, claimed),
  );
  const aloneReal = await askGo(alone, claimed);
  if ('values' in aloneReal) {
    const expected = Object.fromEntries(claimed.map((name) => [name, mine.get(name)?.value]));
    expect(aloneReal.values, `claimed layers alone, world ${seed}`).toEqual(expected);
    proven += claimed.length;
  }
  await restore(world, source);
  const half = claimed.filter(() => random() < 0.5);
  const removed = await without(
    world,
    source,
    silenced((layer, kind) => layer === kind, half),
  );
  const removedReal = half.length === 0 ? undefined : await askGo(removed, half);
  if (removedReal !== undefined && 'values' in removedReal) {
    const then = ours(removed, source);
    for (const name of half) {
      const label = `${name} without ${claims.get(name)}, world ${seed}`;
      expect(removedReal.values[name], label).toBe(then.get(name)?.value);
      expect(then.get(name)?.origin.kind, label).not.toBe(claims.get(name));
    }
    proven += half.length;
  }
  await restore(world, source);
  return proven;
}

async function restore(world: World, source: Sources): Promise<void> {
  await withFiles(world, source);
  if (world.gorootEnv !== undefined) await rewriteGorootEnv(world, source, world.gorootEnv);
}

async function without(world: World, source: Sources, silenced: Silenced): Promise<World> {
  const env = new Map([...world.process].filter(([name]) => !silenced.process.has(name)));
  const drop = (bytes: Buffer, names: ReadonlySet<string>) => {
    const lines = bytes.toString('latin1').split('\n');
    const kept = lines.filter((line) => !names.has(line.slice(0, Math.max(line.indexOf('='), 0))));
    return Buffer.from(kept.join('\n'), 'latin1');
  };
  const goenv = world.goenv && drop(world.goenv, silenced.goenv);
  if (world.gorootEnv !== undefined && world.goroot !== source.toolchain.goroot) {
    await rewriteGorootEnv(world, source, drop(Buffer.from(world.gorootEnv), silenced.goroot).toString());
  }
  return withFiles({ ...world, process: env, goenv }, source);
}

async function rewriteGorootEnv(world: World, source: Sources, text: string): Promise<void> {
  const goenv = world.goenv && parseGoenv(world.goenv);
  const file = gorootEnvPath(world.process, goenv, factsOf(world, source));
  if (file && !file.startsWith(source.toolchain.goroot)) await fs.writeFile(file, text);
}

/**
 * Collects all words of a toolchain's documentation that could be flags, and a few more, as known and unknown
 * flags by our verdict.
 */
function flagWords({ goroot }: Toolchain): { readonly known: Set<string>; readonly unknown: Set<string> } {
  const docs = readFileSync(path.join(goroot, gorootFiles.docs), 'utf8');
  const flagNames = parseGoflagNames(docs);
  // The values of other flags are redacted.
  expect([...flagNames].filter((name) => !isGoflagName(name))).toEqual([]);
  const words = [...docs.matchAll(/-([a-zA-Z][a-zA-Z0-9.-]*)/g)].map((match) => match[1] ?? '');
  const more = ['debug-trace', 'nosuchflag', 'test.v', 'test.run', 'test.nosuch', 'zzz', 'C'];
  const known = new Set<string>();
  const unknown = new Set<string>();
  for (const name of [...flagNames, ...words, ...more])
    (unknownGoflag(parseGoflags(`-${name}=`).flags, flagNames) ? unknown : known).add(name);
  return { known, unknown };
}

/**
 * The words that neither the oldest nor the newest toolchain knows, which their own tests try. A version
 * between them tries only its other unknown words.
 */
async function unknownToTheEnds(): Promise<ReadonlySet<string>> {
  const [oldest, newest] = await Promise.all(
    [versions[0], versions.at(-1) ?? versions[0]].map(async (each) => flagWords(await ensureToolchain(each))),
  );
  return new Set([...(oldest?.unknown ?? [])].filter((name) => newest?.unknown.has(name)));
}

async function checkSettings({ toolchain }: Sources): Promise<void> {
  const read = (file: keyof typeof gorootFiles) =>
    readFileSync(path.join(toolchain.goroot, gorootFiles[file]), 'utf8');
  const dir = path.join(root, `settings-${toolchain.version}`);
  await fs.mkdir(path.join(dir, 'telemetry'), { recursive: true });
  await fs.writeFile(path.join(dir, 'telemetry/mode'), 'off 2026-01-01');
  const base = {
    PATH: '/usr/bin:/bin',
    HOME: dir,
    TEST_TELEMETRY_DIR: path.join(dir, 'telemetry'),
    GOTOOLCHAIN: 'local',
  };
  const run = (args: readonly string[], env: Record<string, string>) =>
    new Promise<{ ok: boolean; stderr: string }>((resolve) => {
      execFile(toolchain.go, args, { cwd: dir, env: { ...base, ...env } }, (error, _, stderr) =>
        resolve({ ok: !error, stderr }),
      );
    });
  // Flags: the verdict "unknown flag" for every candidate word.
  const { known, unknown } = flagWords(toolchain);
  // go names the first flag that it rejects; flags that it accepts together are also accepted one by one.
  const tooMany: string[] = [];
  for (const left = new Set(known); ; ) {
    const { ok, stderr } = await run(['version'], {
      GOFLAGS: [...left].map((name) => `-${name}=`).join(' '),
    });
    const refused = /unknown flag -(\S+)/.exec(stderr)?.[1] ?? '';
    if (ok || !left.delete(refused)) {
      expect(stderr).not.toContain('unknown flag');
      expect(left.size).toBeGreaterThan(100);
      break;
    }
    tooMany.push(refused);
  }
  const tooFew: string[] = [];
  const settled = isEnd(toolchain.version) ? new Set<string>() : await unknownToTheEnds();
  const asked = [...unknown].filter((name) => !settled.has(name));
  await inParallel(asked, async (name) => {
    const { ok, stderr } = await run(['version'], { GOFLAGS: `-${name}=` });
    if (ok || !stderr.includes('unknown flag')) tooFew.push(name);
  });
  expect(tooFew).toEqual([]);
  // Words of prose that look like flags count as known, which is harmless but should be rare.
  expect(tooMany.length, String(tooMany)).toBeLessThan(16);
  logFigures(`${known.size} flag names right, ${asked.length} words refused, too many: ${tooMany}`);
  // Experiments: the known ones together, the others one by one.
  const experiments = parseExperiments(read('experiments'), read('experimentBaseline'));
  const candidates = [
    ...experiments.names,
    ...experiments.names.map((name) => `no${name}`),
    'none',
    'regabi',
    'rangefunc',
    'jsonv2',
    'bogus',
    'nobogus',
    'Arenas',
  ];
  const isKnown = (name: string) => unknownExperiments(name, experiments).length === 0;
  const strange = candidates.filter((name) => !isKnown(name));
  expect(strange).toEqual(expect.arrayContaining(['bogus', 'nobogus', 'Arenas']));
  await inParallel([candidates.filter(isKnown).join(','), ...strange], async (names) => {
    const { stderr } = await run(['env', 'GOOS'], { GOEXPERIMENT: names });
    expect(stderr.includes('unknown GOEXPERIMENT'), `GOEXPERIMENT=${names}: ${stderr}`).toBe(
      strange.includes(names),
    );
  });
  // Feature levels: accepted values of all variables together, rejected values one by one.
  const accepted: Record<string, string>[] = [];
  const refused: Record<string, string>[] = [];
  const odd = ['bogus', 'v9', 'v9.9', '8', '5,softfloat', 'v8.0,crypto,lse'];
  for (const [name, level] of parseArchLevels(read('buildConfig'))) {
    let place = 0;
    for (const value of [
      ...(levelPools[name] ?? []),
      ...(isEnd(toolchain.version) ? odd : odd.slice(0, 2)),
    ]) {
      if (level.refused && !isArchLevelValid(value, level)) refused.push({ [name]: value });
      else accepted[place] = { ...accepted[place++], [name]: value };
    }
  }
  expect(refused.length).toBeGreaterThan(10);
  await inParallel([...accepted, ...refused], async (env) => {
    expect((await run(['env', 'GOOS'], env)).ok, JSON.stringify(env)).toBe(!refused.includes(env));
  });
  // GOOS/GOARCH pairs, and removed GODEBUG settings.
  const platforms = parsePlatforms(read('platforms'));
  for (const pair of [
    'windows/arm',
    'linux/sparc64',
    'linux/amd64',
    'bados/amd64',
    'plan9/arm',
    'darwin/386',
    'js/wasm',
  ]) {
    const [goos = '', goarch = ''] = pair.split('/');
    const { stderr } = await run(['env', 'CGO_CFLAGS'], { GOOS: goos, GOARCH: goarch, CGO_ENABLED: '0' });
    expect(stderr.includes('unsupported GOOS/GOARCH'), pair).toBe(
      !platforms.some((each) => `${each.os}/${each.arch}` === pair),
    );
  }
  const godebugs = parseGodebugs(read('godebugs'));
  expect(godebugs.known.map((each) => each.name)).toContain('panicnil');
  expect(removedGodebugs('asynctimerchan=1', godebugs).length).toBe(goMinor(toolchain.version) >= 27 ? 1 : 0);
}

/** Logs figures of the test run. */
function logFigures(line: string): void {
  process.stderr.write(`env: ${line}\n`);
}
