/** The one choice of the Go that a repair puts first on PATH, and what the repairs of pins make of it. */
import { describe, expect, it } from 'vitest';
import type { World } from '../../../src/drift/conflicts/rule.ts';
import type { ToolchainFacts } from '../../../src/drift/facets/toolchain.ts';
import { repairPin } from '../../../src/drift/pin-repair.ts';
import type { Pin } from '../../../src/drift/pins.ts';
import { fittingSdk, sdkWords } from '../../../src/drift/sdk-choice.ts';
import { switches, worldOf } from './conflicts/world.ts';

const exact = (version: string, ...others: readonly string[]): Pin => ({
  source: '.go-version',
  rule: 'pin-go-version',
  kind: 'exact',
  version,
  path: '/ws/.go-version',
  line: 1,
  ...(others.length === 0 ? {} : { others }),
});
const floor = (version: string): Pin => ({
  source: 'go.mod',
  rule: 'pin-go-mod',
  kind: 'floor',
  version,
  path: '/ws/go.mod',
  line: 3,
});
const installed = ['1.21.13', '1.26.0', '1.26.8', '1.27.4', '1.28rc1'].map((version) => ({
  version,
  bin: `/sdk/go${version}/bin`,
}));
const at = (
  pins: readonly Pin[],
  { baselineGo, ...toolchain }: Partial<ToolchainFacts> & { readonly baselineGo?: string } = {},
) => ({ ...worldOf({ toolchain: { installed, ...toolchain } }), pins, baselineGo });

describe('the Go that is put first on PATH', () => {
  it.each([
    ['nothing that is asked for: the newest release', [], undefined, '', '1.27.4'],
    ['a pin of a minor: its newest patch release', [exact('1.26')], undefined, '', '1.26.8'],
    ['a pin and a floor within it', [exact('1.26'), floor('1.26.5')], undefined, '', '1.26.8'],
    ['a pin and a floor above it: none', [exact('1.26'), floor('1.27')], undefined, '', undefined],
    ['a pre-release that is pinned', [exact('1.28rc1')], undefined, '', '1.28rc1'],
    ['several that are taken', [exact('1.99.0', '1.26.0')], undefined, '', '1.26.0'],
    ['the baseline', [floor('1.21')], '1.26.0', '', '1.26.0'],
    ['a baseline that is not here: none', [], '1.26.3', '', undefined],
    ['a baseline that the project left behind', [floor('1.27.0')], '1.26.0', '', '1.27.4'],
    ['a need above the baseline', [], '1.26.0', '1.26.5', '1.27.4'],
  ] as const)('meets %s', (_, pins, baselineGo, needed, chosen) => {
    const world = at(pins, baselineGo === undefined ? {} : { baselineGo });
    expect(fittingSdk(world, needed)?.version).toBe(chosen);
  });

  it('is one that stays where its own go.env has it look: that of the go which is first now is not read then', () => {
    const project = {
      kind: 'go.mod',
      path: '/ws/go.mod',
      go: '1.21',
      goLine: 3,
      toolchain: 'go1.30.0',
    } as const;
    const of = (now: string, own: Record<string, string>) => {
      const sdk = { version: '1.26.8', bin: '/sdk/go1.26.8/bin', settings: new Map(Object.entries(own)) };
      const world = at([], { installed: [sdk], project });
      const origin = { kind: 'goroot', path: '/go/go.env' } as const;
      const off = { name: 'GO111MODULE', value: now, origin, shadows: [] };
      const variables = new Map(world.env?.variables).set('GO111MODULE', off);
      return fittingSdk({ ...world, env: { ...world.env, variables } as NonNullable<World['env']> })?.version;
    };
    // With modules off nothing asks for go1.30.0, which is not here.
    expect(of('on', { GO111MODULE: 'off' })).toBe('1.26.8');
    expect(of('off', { GO111MODULE: 'off' })).toBe('1.26.8');
    expect(of('off', {})).toBeUndefined();
    expect(of('on', {})).toBeUndefined();
  });

  it('is told, or why none of those that are here will do', () => {
    expect(sdkWords(at([exact('1.26')]))).toBe(' (found: /sdk/go1.26.8/bin with go1.26.8)');
    const contradicting = at([exact('1.26'), floor('1.27')]);
    expect(sdkWords(contradicting)).toBe(
      ' (not /sdk/go1.27.4/bin with go1.27.4: /ws/.go-version:1 asks for go1.26)',
    );
    expect(sdkWords(at([]), '1.99.0')).toBe('');
  });
});

describe('the repair of a pin', () => {
  const chosen = (wanted: string) => ({
    selection: {
      wanted,
      effective: wanted.slice(2),
      outcome: 'download' as const,
      reason: '',
      trace: [],
      cause: { file: '/ws/go.mod', line: 3 },
    },
  });
  const start = (version: string) => ({
    candidates: [{ path: '/a/go', realPath: '/a/go', version }],
  });

  it('is no contradiction where the floor is below the pin', () => {
    const pin = exact('1.26.8');
    const world = at([pin, floor('1.26')], { ...chosen('go1.26.0'), ...start('1.21.13') });
    expect(repairPin(pin, world)).toMatchObject({
      repair: expect.stringMatching(/^put a go1\.26\.8 first on PATH \(found: \/sdk\/go1\.26\.8\/bin\)/),
      fix: { action: 'prepend-path', directory: '/sdk/go1.26.8/bin' },
    });
  });

  it('is no command where the floor is above all that the pin takes, chosen or not', () => {
    const pin = exact('1.26');
    for (const facts of [chosen('go1.27.0'), {}]) {
      const way = repairPin(pin, at([pin, floor('1.27.0')], { ...facts, ...start('1.27.4') }));
      expect(way.repair).toMatch(
        /^\/ws\/go\.mod:3 asks for go1\.27\.0, which contradicts \/ws\/\.go-version/,
      );
      expect(way.fix).toBeUndefined();
    }
    // The floor itself is told the same.
    expect(repairPin(floor('1.27.0'), at([pin, floor('1.27.0')], start('1.26.0')))).toEqual({
      repair: '/ws/.go-version:1 asks for go1.26, which contradicts /ws/go.mod: correct one of them',
    });
  });

  it('is no older Go than the file of -modfile, or what is imported, asks for', () => {
    const pin = exact('1.26');
    for (const modules of [
      { floors: [{ name: '/ws/alt.mod:3', go: '1.27' }] },
      { newer: [{ name: '/ws/alt.mod:3', go: '1.27' }] },
    ]) {
      const world = { ...at([pin], start('1.27.4')), modules } as unknown as World;
      expect(fittingSdk(world)).toBeUndefined();
      expect(repairPin(pin, world)).toEqual({
        repair: '/ws/alt.mod:3 asks for go1.27, which contradicts /ws/.go-version: correct one of them',
      });
    }
  });

  it('is the name of an SDK where GOTOOLCHAIN decides, or words for both steps', () => {
    const pin = exact('1.26.8');
    const world = worldOf({
      process: { GOTOOLCHAIN: 'go1.27.4', GOPROXY: 'off' },
      toolchain: {
        installed,
        ...start('1.24.13'),
        switches: { ...switches, local: { version: '1.24.13', name: 'go1.24.13' } },
      },
    });
    const { toolchain } = world;
    const cached = new Set(['go1.26.8']);
    const named = { ...toolchain, switches: { ...switches, cached } };
    const variables = new Map(world.env?.variables).set('GOSUMDB', {
      name: 'GOSUMDB',
      value: 'sum.example.com',
      origin: { kind: 'goroot' },
      shadows: [],
    });
    const env = { ...world.env, variables };
    expect(repairPin(pin, { ...world, pins: [pin], toolchain: named, env } as World)).toEqual({
      repair: 'export GOTOOLCHAIN=go1.26.8',
      fix: { action: 'export', name: 'GOTOOLCHAIN', value: 'go1.26.8' },
    });
    expect(repairPin(pin, { ...world, pins: [pin] })).toEqual({
      repair: 'unset GOTOOLCHAIN, and put a go1.26.8 first on PATH (found: /sdk/go1.26.8/bin with go1.26.8)',
    });
  });
});
