import { describe, expect, it } from 'vitest';
import { found, select } from './world.ts';

describe('toolchain-too-old', () => {
  it('names the line that asks for more, and a go that is new enough', () => {
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
        repair: 'put a go >= 1.27.0 first on PATH (found: /sdk/go1.27.4/bin with go1.27.4)',
      },
    ]);
  });

  it('is silent while nothing is too old', () => {
    expect(found('toolchain-too-old', select({ effective: '1.26.0' }))).toEqual([]);
  });
});
