import { describe, expect, it } from 'vitest';
import { findConflicts } from '../../../../src/drift/conflicts/index.ts';
import type { Pin } from '../../../../src/drift/pins.ts';
import { found, select, worldOf } from './world.ts';

const older = (effective: string) => select({ effective, outcome: 'cached', cause: 'GOTOOLCHAIN' });

describe('toolchain-held-back', () => {
  it('names the line that selects an older Go', () => {
    const [finding] = found('toolchain-held-back', {
      ...older('1.24.13'),
      goenv: { GOTOOLCHAIN: 'go1.24.13' },
    });
    expect(finding).toMatchObject({
      level: 'patch',
      origin: { kind: 'goenv', line: 3 },
      summary:
        'GOTOOLCHAIN=go1.24.13 of /home/u/.config/go/env:3 holds builds here back at go1.24.13, although go1.26.0 is first on PATH',
      repair: 'remove line 3 (GOTOOLCHAIN=…) from /home/u/.config/go/env',
      fix: { action: 'remove-line', name: 'GOTOOLCHAIN' },
    });
  });

  it('is silent about a newer Go and about the Go that the project pins', () => {
    const process = { GOTOOLCHAIN: 'go1.27.4' };
    expect(found('toolchain-held-back', { ...older('1.27.4'), process })).toEqual([]);
    const named = select(
      { effective: '1.24.13', outcome: 'cached', cause: 'GOTOOLCHAIN' },
      { project: { kind: 'go.mod', path: '/src/app/go.mod', toolchain: 'go1.24.13' } },
    );
    expect(found('toolchain-held-back', named)).toEqual([]);
    const pin: Pin = {
      source: '.go-version',
      rule: 'pin-go-version',
      kind: 'exact',
      version: '1.24',
      path: '/src/app/.go-version',
      line: 1,
    };
    const rules = findConflicts({ ...worldOf(older('1.24.13')), pins: [pin] }).map(({ rule }) => rule);
    expect(rules).toEqual([]);
  });
});
