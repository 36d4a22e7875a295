import { describe, expect, it } from 'vitest';
import { found } from './world.ts';

const go = { path: '/src/app/bin/go', realPath: '/src/app/bin/go', version: '1.26.0' };

describe('path-relative', () => {
  it('is silent if every entry is absolute', () => {
    expect(found('path-relative', { toolchain: { relativeEntries: [] } })).toEqual([]);
  });

  it.each([
    ['a go inside of the workspace', true, 'minor'],
    ['a go outside of the workspace', false, 'patch'],
  ] as const)('reports a relative entry that starts %s', (_, ofTheCode, level) => {
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

  it('names the programs that go refuses to start, and explains an empty entry', () => {
    const [finding] = found('path-relative', {
      toolchain: { relativeEntries: [{ entry: '', programs: ['gcc'] }] },
    });
    expect(finding).toMatchObject({ level: 'patch', actual: ':' });
    expect(finding?.summary).toMatch(/an empty entry \(the current directory\).*gcc there: go refuses/);
  });

  it('gives one finding for several entries', () => {
    const relativeEntries = ['', 'bin', '.'].map((entry) => ({ entry, programs: [] }));
    const findings = found('path-relative', { toolchain: { relativeEntries } });
    expect(findings).toHaveLength(1);
    expect(findings[0]?.summary).toContain('2 more such');
  });
});

describe('go-not-run', () => {
  it('states the reason, and leaves a go of a relative entry to path-relative', () => {
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
