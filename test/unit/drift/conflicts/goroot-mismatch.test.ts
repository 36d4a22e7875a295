import { describe, expect, it } from 'vitest';
import type { Origin } from '../../../../src/drift/model.ts';
import { found, goenvOrigin, processOrigin, rulesOf, select } from './world.ts';

describe('goroot-mismatch', () => {
  it('reports that a tree without tools has no compiler', () => {
    const empty = {
      goroot: '/empty',
      gorootOrigin: processOrigin,
      programs: [],
      gorootParts: { exists: true, pkgTool: false, src: false },
    };
    expect(rulesOf({ local: empty })).toEqual(['goroot-mismatch', 'goroot-not-sdk']);
    expect(found('goroot-mismatch', { local: empty })[0]?.summary).toContain('finds none');
  });

  it('ignores a GOROOT that a toolchain switch overrides', () => {
    const other = { goroot: '/old', programs: [{ name: 'compile', version: '1.24.0' }] };
    const rules = (outcome: 'cached' | 'path', gorootOrigin: Origin) =>
      rulesOf({ ...select({ outcome, effective: '1.26.0' }), local: { ...other, gorootOrigin } });
    expect(rules('cached', processOrigin)).toEqual([]);
    expect(rules('cached', goenvOrigin)).toEqual([]);
    expect(rules('path', processOrigin)).toEqual([]);
    expect(rules('path', goenvOrigin)).toEqual(['goroot-mismatch']);
  });

  it('accepts a different GOROOT of the same version', () => {
    expect(rulesOf({ local: { goroot: '/copy', gorootOrigin: processOrigin } })).toEqual([]);
  });
});
