import { describe, expect, it } from 'vitest';
import { findConflicts } from '../../../../src/drift/conflicts/index.ts';
import type { EnvFacts } from '../../../../src/drift/model.ts';
import { found, goenvOrigin, processOrigin, select, worldOf } from './world.ts';

describe('toolchain-too-old', () => {
  it('names the line that requires a newer go, and an SDK that is new enough', () => {
    const project = { kind: 'go.work', path: '/src/go.work', go: '1.27.0', goLine: 1 } as const;
    const installed = [{ version: '1.27.4', bin: '/sdk/go1.27.4/bin' }];
    const parts = select({ effective: '1.26.0', tooOldFor: '1.27.0' }, { project, installed });
    expect(found('toolchain-too-old', { ...parts, process: { GOTOOLCHAIN: 'go1.26.0' } })).toMatchObject([
      {
        level: 'major',
        origin: { kind: 'file', path: '/src/go.work', line: 1 },
        summary: expect.stringContaining(
          'go.work requires go >= 1.27.0, go 1.26.0 answers and GOTOOLCHAIN=go1.26.0',
        ),
        repair:
          'unset GOTOOLCHAIN, and put a go >= 1.27.0 first on PATH (found: /sdk/go1.27.4/bin with go1.27.4)',
      },
    ]);
  });

  it('suggests removing the setting if the first go on PATH is new enough', () => {
    const parts = select({ effective: '1.24.13', tooOldFor: '1.25' });
    expect(found('toolchain-too-old', { ...parts, goenv: { GOTOOLCHAIN: 'go1.24.13' } })).toMatchObject([
      {
        origin: { kind: 'goenv', line: 3 },
        repair: 'remove line 3 (GOTOOLCHAIN=…) from /home/u/.config/go/env',
        fix: { action: 'remove-line', name: 'GOTOOLCHAIN' },
      },
    ]);
  });

  it('exports GOTOOLCHAIN=local if unsetting would reveal another old version', () => {
    const world = worldOf({
      ...select({ effective: '1.24.13', tooOldFor: '1.25' }),
      process: { GOTOOLCHAIN: 'go1.24.13' },
    });
    const variables = new Map(world.env?.variables);
    const shadows = [{ value: 'go1.21.13', origin: goenvOrigin }];
    variables.set('GOTOOLCHAIN', { name: 'GOTOOLCHAIN', value: 'go1.24.13', origin: processOrigin, shadows });
    const env = { ...(world.env as EnvFacts), variables };
    expect(findConflicts({ ...world, env }).find(({ rule }) => rule === 'toolchain-too-old')).toMatchObject({
      repair: 'export GOTOOLCHAIN=local: what it hides (/home/u/.config/go/env) names go1.21.13',
      fix: { action: 'export', name: 'GOTOOLCHAIN', value: 'local' },
    });
  });

  it('is silent if the go is new enough', () => {
    expect(found('toolchain-too-old', select({ effective: '1.26.0' }))).toEqual([]);
  });
});
