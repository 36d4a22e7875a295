/** The choice of the Go that a repair puts first on PATH, and its use in the repairs of pins. */
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

describe('fittingSdk', () => {
  it.each([
    ['no requirement: the newest release', [], undefined, '', '1.27.4'],
    ['a pin of a minor release: its newest patch release', [exact('1.26')], undefined, '', '1.26.8'],
    ['a pin and a floor within it', [exact('1.26'), floor('1.26.5')], undefined, '', '1.26.8'],
    ['a pin and a floor above it: none', [exact('1.26'), floor('1.27')], undefined, '', undefined],
    ['a pinned pre-release', [exact('1.28rc1')], undefined, '', '1.28rc1'],
    ['a pin with several versions', [exact('1.99.0', '1.26.0')], undefined, '', '1.26.0'],
    ['the baseline: its version', [floor('1.21')], '1.26.0', '', '1.26.0'],
    ['a baseline whose version is not installed: none', [], '1.26.3', '', undefined],
    [
      'a baseline below the floor of the project: the newest release',
      [floor('1.27.0')],
      '1.26.0',
      '',
      '1.27.4',
    ],
    ['a requirement above the baseline: the newest release', [], '1.26.0', '1.26.5', '1.27.4'],
  ] as const)('chooses for %s', (_, pins, baselineGo, needed, chosen) => {
    const world = at(pins, baselineGo === undefined ? {} : { baselineGo });
    expect(fittingSdk(world, needed)?.version).toBe(chosen);
  });

  it('judges each SDK by its own go.env, and ignores the go.env of the current go', () => {
    const project = {
      kind: 'go.mod',
      path: '/ws/go.mod',
      go: '1.21',
      goLine: 3,
      toolchain: 'go1.30.0',
    } as const;
    const chosenVersion = (now: string, own: Record<string, string>) => {
      const sdk = { version: '1.26.8', bin: '/sdk/go1.26.8/bin', settings: new Map(Object.entries(own)) };
      const world = at([], { installed: [sdk], project });
      const origin = { kind: 'goroot', path: '/go/go.env' } as const;
      const off = { name: 'GO111MODULE', value: now, origin, shadows: [] };
      const variables = new Map(world.env?.variables).set('GO111MODULE', off);
      return fittingSdk({ ...world, env: { ...world.env, variables } as NonNullable<World['env']> })?.version;
    };
    // With modules off, no line requires go1.30.0, which is not installed.
    expect(chosenVersion('on', { GO111MODULE: 'off' })).toBe('1.26.8');
    expect(chosenVersion('off', { GO111MODULE: 'off' })).toBe('1.26.8');
    expect(chosenVersion('off', {})).toBeUndefined();
    expect(chosenVersion('on', {})).toBeUndefined();
  });

  it('is described by sdkWords, or the reason why no installed SDK fits', () => {
    expect(sdkWords(at([exact('1.26')]))).toBe(' (found: /sdk/go1.26.8/bin with go1.26.8)');
    const contradicting = at([exact('1.26'), floor('1.27')]);
    expect(sdkWords(contradicting)).toBe(
      ' (not /sdk/go1.27.4/bin with go1.27.4: /ws/.go-version:1 asks for go1.26)',
    );
    expect(sdkWords(at([]), '1.99.0')).toBe('');
  });
});

describe('repairPin', () => {
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

  it('puts the pinned Go first on PATH if the floor is below the pin', () => {
    const pin = exact('1.26.8');
    const world = at([pin, floor('1.26')], { ...chosen('go1.26.0'), ...start('1.21.13') });
    expect(repairPin(pin, world)).toMatchObject({
      repair: expect.stringMatching(/^put a go1\.26\.8 first on PATH \(found: \/sdk\/go1\.26\.8\/bin\)/),
      fix: { action: 'prepend-path', directory: '/sdk/go1.26.8/bin' },
    });
  });

  it('offers no command if the floor contradicts the pin, whether or not go switches', () => {
    const pin = exact('1.26');
    for (const facts of [chosen('go1.27.0'), {}]) {
      const way = repairPin(pin, at([pin, floor('1.27.0')], { ...facts, ...start('1.27.4') }));
      expect(way.repair).toMatch(
        /^\/ws\/go\.mod:3 asks for go1\.27\.0, which contradicts \/ws\/\.go-version/,
      );
      expect(way.fix).toBeUndefined();
    }
    // The repair of the floor reports the same contradiction.
    expect(repairPin(floor('1.27.0'), at([pin, floor('1.27.0')], start('1.26.0')))).toEqual({
      repair: '/ws/.go-version:1 asks for go1.26, which contradicts /ws/go.mod: correct one of them',
    });
  });

  it('offers no older Go than the file of -modfile or an imported module requires', () => {
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

  it('exports a cached GOTOOLCHAIN if GOTOOLCHAIN decides, or else describes both steps', () => {
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
