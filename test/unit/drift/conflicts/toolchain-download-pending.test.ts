import { describe, expect, it } from 'vitest';
import { found, select } from './world.ts';

describe('toolchain-download-pending', () => {
  const pending = { outcome: 'download', wanted: 'go1.27.9', effective: '1.27.9' } as const;

  it('offers to stay where only the toolchain line asks for more', () => {
    expect(found('toolchain-download-pending', select(pending))).toMatchObject([
      { level: 'patch', repair: expect.stringContaining('GOTOOLCHAIN=local to stay on the installed one') },
    ]);
  });

  it('does not where the go line wants it too', () => {
    const project = { kind: 'go.mod', path: '/src/app/go.mod', go: '1.27.9', goLine: 3 } as const;
    expect(found('toolchain-download-pending', select(pending, { project }))[0]?.repair).toBe(
      'put go1.27.9 first on PATH',
    );
  });
});
