/**
 * Property test: runs all commands of one report in order, in generated worlds. No build that passed may fail
 * afterwards, and no requirement that was satisfied may be violated. The test has its own model of the
 * commands, and asks selectToolchain for the Go at the end.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reselected } from '../../../src/drift/after-repair.ts';
import { findConflicts } from '../../../src/drift/conflicts/index.ts';
import type { World } from '../../../src/drift/conflicts/rule.ts';
import type { NewerModule } from '../../../src/drift/facets/modules.ts';
import type { SwitchFacts } from '../../../src/drift/facets/toolchain.ts';
import { pinFindings, sortFindings } from '../../../src/drift/findings.ts';
import type { Finding, Fix, VariableFact } from '../../../src/drift/model.ts';
import { evaluatePin, type Pin } from '../../../src/drift/pins.ts';
import { settledFixes } from '../../../src/drift/settled-fixes.ts';
import { type Selection, selectToolchain } from '../../../src/go/select.ts';
import { compareGoVersions } from '../../../src/go/version.ts';
import { goenvOrigin, local, processOrigin, switches, worldOf } from './conflicts/world.ts';

const versions = ['1.24.13', '1.26.0', '1.26.8', '1.27.4'] as const;

/** The generated parameters of a world. */
interface Ground {
  readonly started: string;
  readonly here: readonly string[];
  readonly cached: readonly string[];
  readonly broken: readonly string[];
  /** GOTOOLCHAIN in the process environment and in GOENV; undefined if not set. */
  readonly process: string | undefined;
  readonly goenv: string | undefined;
  readonly go: string;
  readonly toolchain: string | undefined;
  readonly pin: string | undefined;
  readonly proxy: string;
  /** Go line of the file of -modfile or of a vendored module. */
  readonly floor: string | undefined;
  /** Go line of an imported module. */
  readonly imported: string | undefined;
}

const gotoolchains = ['local', 'auto', 'path', 'go1.24.13', 'go1.26.8', 'go1.27.4', 'go1.26.0+auto'];
const maybe = <T>(values: readonly T[]) => fc.option(fc.constantFrom(...values), { nil: undefined });
const grounds: fc.Arbitrary<Ground> = fc.record({
  started: fc.constantFrom(...versions),
  here: fc.subarray([...versions]),
  cached: fc.subarray([...versions]),
  broken: fc.subarray([...versions], { maxLength: 1 }),
  process: maybe([...gotoolchains, 'go1.99.0', 'junk']),
  goenv: maybe([...gotoolchains, 'go1.99.0']),
  go: fc.constantFrom('1.21', '1.24', '1.26.5', '1.27'),
  toolchain: maybe(['go1.26.8', 'go1.27.4', 'go1.28.0']),
  pin: maybe(['1.24', '1.26', '1.26.8', '1.27.4']),
  proxy: fc.constantFrom('off', 'http://proxy.example.com'),
  floor: maybe(['1.26', '1.27']),
  imported: maybe(['1.26.3', '1.27']),
});

const goMod = '/src/app/go.mod';

function gotoolchainOf({ process, goenv }: Pick<Ground, 'process' | 'goenv'>): VariableFact {
  const name = 'GOTOOLCHAIN';
  const hidden = goenv === undefined ? [] : [{ value: goenv, origin: goenvOrigin }];
  if (process !== undefined) return { name, value: process, origin: processOrigin, shadows: hidden };
  if (goenv !== undefined) return { name, value: goenv, origin: goenvOrigin, shadows: [], default: '' };
  return { name, value: 'auto', origin: { kind: 'goroot' }, shadows: [] };
}

function pinsOf({ go, toolchain, pin }: Ground): readonly Pin[] {
  const line = (version: string, rule: Pin['rule'], source: Pin['source'], at: number): Pin => ({
    source,
    rule,
    kind: 'floor',
    version,
    path: goMod,
    line: at,
  });
  return [
    line(go, 'pin-go-mod', 'go.mod', 3),
    ...(toolchain === undefined ? [] : [line(toolchain.slice(2), 'pin-toolchain-line', 'toolchain line', 5)]),
    ...(pin === undefined
      ? []
      : [
          {
            source: '.go-version',
            rule: 'pin-go-version',
            kind: 'exact',
            version: pin,
            path: '/src/app/.go-version',
            line: 1,
          } as const,
        ]),
  ];
}

const names = (list: readonly string[]) => new Set(list.map((version) => `go${version}`));

function makeWorld(ground: Ground): World {
  const { started, here, cached, broken, go, toolchain, proxy, floor, imported } = ground;
  const bin = (version: string) => `/sdk/go${version}/bin`;
  const path = `${bin(started)}/go`;
  const own: SwitchFacts = {
    ...switches,
    local: { version: started, name: `go${started}` },
    cached: names(cached),
    broken: names(broken),
  };
  const world = worldOf({
    local: { path, realPath: path, version: started, label: started, programs: local.programs },
    process: { GOPROXY: proxy, GOSUMDB: 'sum.example.com' },
    toolchain: {
      candidates: [started, ...here].map((version) => ({
        path: `${bin(version)}/go`,
        realPath: `${bin(version)}/go`,
        version,
      })),
      installed: here.map((version) => ({ version, bin: bin(version) })),
      switches: own,
      project: {
        kind: 'go.mod',
        path: goMod,
        go,
        goLine: 3,
        ...(toolchain === undefined ? {} : { toolchain, toolchainLine: 5 }),
      },
    },
  });
  const { env } = world;
  if (env === undefined) throw new Error('no environment');
  const variables = new Map(env.variables).set('GOTOOLCHAIN', gotoolchainOf(ground));
  const newer: NewerModule = {
    name: 'module ./n',
    go: imported ?? '',
    neededBy: 'example.com/app',
    mainGo: go,
    origin: { path: goMod, line: 3 },
  };
  const isNewer = imported !== undefined && compareGoVersions(imported, go) > 0;
  const modules = {
    list: [],
    overrides: [],
    problems: [],
    sums: [],
    unavailable: [],
    tools: [],
    chosenBy: { own: new Map(), others: new Map() },
    newer: isNewer ? [newer] : [],
    floors: floor === undefined ? [] : [{ name: '/src/app/alt.mod:3', go: floor }],
  } as unknown as NonNullable<World['modules']>;
  return reselected({ ...world, pins: pinsOf(ground), modules, env: { ...env, variables } });
}

/** Returns the findings of a world, with the commands that passed the gate. */
function settledFindings(world: World): readonly Finding[] {
  const { selection } = world.toolchain ?? {};
  const version = selection?.effective || (world.toolchain?.local?.version ?? '');
  const pins = (world.pins ?? []).map((pin) => {
    const { level, deviation } = evaluatePin(pin, version);
    return { ...pin, level, deviation };
  });
  const found = sortFindings([...pinFindings(pins, version, world), ...findConflicts(world)]);
  return settledFixes(found, { world, conflictsOf: findConflicts });
}

/** Returns the ground after a shell has run a command. */
function afterCommand(ground: Ground, fix: Fix): Ground {
  const { imported = '', go } = ground;
  if (fix.action === 'prepend-path')
    return { ...ground, started: fix.directory.replace(/^\/sdk\/go|\/bin$/g, '') };
  if (fix.action === 'run' && fix.argv.join(' ') === 'go mod tidy')
    return compareGoVersions(imported, go) > 0 ? { ...ground, go: imported } : ground;
  if (!('name' in fix) || fix.name !== 'GOTOOLCHAIN') return ground;
  if (fix.action === 'export') return { ...ground, process: fix.value };
  return fix.action === 'unset' ? { ...ground, process: undefined } : { ...ground, goenv: undefined };
}

function selected({ started, process, goenv, go, toolchain, proxy, cached }: Ground): Selection {
  return selectToolchain({
    gotoolchain: { value: process ?? goenv ?? '', origin: 'the shell' },
    gotoolchainDefault: 'auto',
    go111module: '',
    local: { version: started, name: `go${started}` },
    platform: 'linux/amd64',
    project: { file: 'go.mod', go, ...(toolchain === undefined ? {} : { toolchain }) },
    pathHas: () => false,
    cached: (name) => cached.includes(name.slice(2)),
    downloads: proxy === 'off' ? 'off' : 'on',
    sumdb: { gosumdb: 'sum.example.com', goproxy: proxy, hosts: ['sum.example.com'] },
  });
}

/** Returns the version of the Go that builds, or `''` if no Go builds without a download. */
function builder(ground: Ground): string {
  const { effective, outcome, tooOldFor, wanted } = selected(ground);
  const isBroken = outcome === 'cached' && ground.broken.includes(wanted.slice(2));
  return outcome === 'download' || isBroken || tooOldFor !== undefined ? '' : effective;
}

/** Returns the requirements on the version of the Go that builds. */
function demands({ go, toolchain, pin, floor, imported }: Ground) {
  const floors = [go, toolchain?.slice(2), floor, imported].filter((one) => one !== undefined);
  return [
    ...floors.map((version) => ({ kind: 'floor' as const, version })),
    ...(pin === undefined ? [] : [{ kind: 'exact' as const, version: pin }]),
  ];
}

/** Returns the required versions that `version` satisfies. */
const satisfied = (ground: Ground, version: string) =>
  demands(ground)
    .filter((one) => version !== '' && !evaluatePin(one, version).deviates)
    .map(({ version: wanted }) => wanted);

/**
 * Runs the commands of the findings, expects that no build gets worse, and returns the number of commands.
 */
function runCommands(ground: Ground, findings: readonly Finding[]): number {
  const fixes = findings.flatMap(({ fix }) => (fix === undefined ? [] : [fix]));
  const after = fixes.reduce(afterCommand, ground);
  const [was, is] = [builder(ground), builder(after)];
  const words = JSON.stringify({ ground, fixes, was, is });
  if (was !== '') expect(is, words).not.toBe('');
  expect(satisfied(after, is), words).toEqual(expect.arrayContaining(satisfied(after, was)));
  return fixes.length;
}

/** Any command, even one that no rule suggests. */
const anyFix: fc.Arbitrary<Fix> = fc.oneof(
  fc.constantFrom<Fix>(
    { action: 'unset', name: 'GOTOOLCHAIN' },
    { action: 'remove-line', name: 'GOTOOLCHAIN', path: goenvOrigin.path ?? '', line: 3 },
    { action: 'run', argv: ['go', 'mod', 'tidy'], directory: '/src/app' },
  ),
  fc.constantFrom(...gotoolchains).map((value): Fix => ({ action: 'export', name: 'GOTOOLCHAIN', value })),
  fc
    .constantFrom(...versions)
    .map((version): Fix => ({ action: 'prepend-path', directory: `/sdk/go${version}/bin` })),
);

describe('the commands of one report', () => {
  it('keep passing builds passing and satisfied requirements satisfied', () => {
    let commands = 0;
    fc.assert(
      fc.property(grounds, (ground) => {
        commands += runCommands(ground, settledFindings(makeWorld(ground)));
      }),
      { numRuns: 3000, seed: 78 },
    );
    // Guards against a vacuous pass without any commands.
    expect(commands).toBeGreaterThan(500);
  });

  it('do so for arbitrary commands, each judged in the world that the commands before it leave', () => {
    let commands = 0;
    fc.assert(
      fc.property(grounds, fc.array(anyFix, { maxLength: 4 }), (ground, fixes) => {
        const world = makeWorld({ ...ground, here: versions });
        const findings = fixes.map(
          (fix): Finding => ({
            kind: 'conflict',
            rule: 'x',
            facet: 'toolchain',
            level: 'minor',
            key: 'toolchain.version',
            summary: 's',
            repair: 'r',
            fix,
          }),
        );
        commands += runCommands(ground, settledFixes(findings, { world, conflictsOf: findConflicts }));
      }),
      { numRuns: 3000, seed: 78 },
    );
    expect(commands).toBeGreaterThan(500);
  });
});
