import { describe, expect, it } from 'vitest';
import { found, select } from './world.ts';

describe('toolchain-download-pending', () => {
  const pending = { outcome: 'download', wanted: 'go1.27.9', effective: '1.27.9' } as const;

  it('suggests GOTOOLCHAIN=local if only the toolchain line requires the newer version', () => {
    expect(found('toolchain-download-pending', select(pending))).toMatchObject([
      { level: 'patch', repair: expect.stringContaining('GOTOOLCHAIN=local to stay on the installed one') },
    ]);
  });

  it('does not suggest GOTOOLCHAIN=local if the go line requires the newer version', () => {
    const project = { kind: 'go.mod', path: '/src/app/go.mod', go: '1.27.9', goLine: 3 } as const;
    expect(found('toolchain-download-pending', select(pending, { project }))[0]?.repair).toBe(
      'put go1.27.9 first on PATH',
    );
  });
});
