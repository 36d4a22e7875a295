import { describe, expect, it } from 'vitest';
import { findConflicts } from '../../../../src/drift/conflicts/index.ts';
import type { World } from '../../../../src/drift/conflicts/rule.ts';
import type { GoCandidate, ToolchainFacts } from '../../../../src/drift/facets/toolchain.ts';
import { found, worldOf } from './world.ts';

/** Returns the findings of a world without a go. */
function missing(part: Partial<ToolchainFacts> = {}, more: Partial<World> = {}) {
  const world = worldOf();
  const { local: _, selection: __, ...rest } = world.toolchain as ToolchainFacts;
  const why = 'no go on PATH: every go command fails';
  return findConflicts({ ...world, toolchain: { ...rest, candidates: [], missing: why, ...part }, ...more });
}

describe('go-missing', () => {
  it('names an installed SDK', () => {
    const installed = [{ version: '1.27.4', bin: '/home/u/sdk/go1.27.4/bin' }];
    expect(missing({ installed })).toMatchObject([
      { rule: 'go-missing', repair: 'put /home/u/sdk/go1.27.4/bin on PATH (go1.27.4)' },
    ]);
    expect(missing()[0]?.repair).toBe('install Go and put its bin directory on PATH');
  });

  it('distinguishes a go on PATH that is no Go program from no go at all', () => {
    const candidates: GoCandidate[] = [{ path: '/b/go', realPath: '/b/go', problem: 'is a script' }];
    expect(missing({ candidates })[0]?.repair).toContain('name a go for the target in the configuration');
    expect(found('go-missing', {})).toEqual([]);
  });

  it('suggests correcting the configuration if that names the go, whatever is on PATH', () => {
    const candidates: GoCandidate[] = [{ path: '/b/go', realPath: '/b/go', problem: 'is not there' }];
    const installed = [{ version: '1.27.4', bin: '/home/u/sdk/go1.27.4/bin' }];
    const [finding] = missing({ named: true, candidates, installed });
    expect(finding?.repair).toBe(
      'name a go that is a program for the target in the configuration: /home/u/sdk/go1.27.4/bin/go (go1.27.4)',
    );
    expect(finding?.fix).toBeUndefined();
    expect(missing({ candidates, installed })[0]?.repair).toContain('bin first on PATH');
  });

  it('is silent if the PATH of builds is unknown', () => {
    expect(missing({}, { processUnknown: true })).toEqual([]);
    const candidates: GoCandidate[] = [{ path: '/b/go', realPath: '/b/go', problem: 'is a script' }];
    expect(missing({ candidates }, { processUnknown: true })).toHaveLength(1);
  });
});
