import { describe, expect, it } from 'vitest';
import { found } from './world.ts';

const go = { path: '/src/app/bin/go', realPath: '/src/app/bin/go', version: '1.26.0' };

describe('path-relative', () => {
  it('is quiet where every entry is absolute', () => {
    expect(found('path-relative', { toolchain: { relativeEntries: [] } })).toEqual([]);
  });

  it.each([
    ['the go of the code answers', true, 'minor'],
    ['a go from elsewhere answers', false, 'patch'],
  ] as const)('%s', (_, ofTheCode, level) => {
    const [finding, ...others] = found('path-relative', {
      toolchain: {
        candidates: [{ ...go, relative: { entry: 'bin', ofTheCode } }],
        relativeEntries: [{ entry: 'bin', programs: ['go'] }],
      },
    });
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ level, key: 'env.PATH', actual: 'bin' });
    expect(finding?.summary).toMatch(/relative entry "bin": .* starts \/src\/app\/bin\/go as go/);
  });

  it('names what go would refuse to start, and an empty entry by its meaning', () => {
    const [finding] = found('path-relative', {
      toolchain: { relativeEntries: [{ entry: '', programs: ['gcc'] }] },
    });
    expect(finding).toMatchObject({ level: 'patch', actual: ':' });
    expect(finding?.summary).toMatch(/an empty entry \(the current directory\).*gcc there: go refuses/);
  });

  it('is one finding for several entries', () => {
    const relativeEntries = ['', 'bin', '.'].map((entry) => ({ entry, programs: [] }));
    const findings = found('path-relative', { toolchain: { relativeEntries } });
    expect(findings).toHaveLength(1);
    expect(findings[0]?.summary).toContain('2 more such');
  });
});

describe('go-not-run', () => {
  it('says why, and leaves a go of a relative entry to path-relative', () => {
    const notRun = '/opt/go can be written by everybody';
    expect(found('go-not-run', { toolchain: { notRun } })[0]).toMatchObject({
      level: 'patch',
      summary: expect.stringContaining(notRun),
    });
    const candidates = [{ ...go, relative: { entry: 'bin', ofTheCode: true } }];
    expect(found('go-not-run', { toolchain: { notRun, candidates } })).toEqual([]);
    expect(found('go-not-run', {})).toEqual([]);
  });
});
