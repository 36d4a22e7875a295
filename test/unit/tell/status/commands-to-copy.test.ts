import { describe, expect, it } from 'vitest';
import { commandsToCopy } from '../../../../src/tell/status/commands-to-copy.ts';
import { drifted, quiet } from '../states.ts';

const of = (key: string, about: { target?: string; workspace?: string } = {}) =>
  commandsToCopy({
    ...drifted,
    ...about,
    findings: [{ ...(drifted.findings[0] as (typeof drifted.findings)[number]), key }],
  });

describe('commands to copy', () => {
  it('name the target, what is asked, and the workspace, as words of sh', () => {
    expect(of('env.GOFLAGS', { target: 'api', workspace: '/src/api' })).toEqual([
      'godrift why env.GOFLAGS --target api /src/api',
      'cd /src/api && godrift blame --target api -- go build ./...',
    ]);
    expect(of('toolchain.version', { target: "a'b; c", workspace: '/src/of ann' })).toEqual([
      `godrift why toolchain --target 'a'\\''b; c' '/src/of ann'`,
      `cd '/src/of ann' && godrift blame --target 'a'\\''b; c' -- go build ./...`,
    ]);
  });

  it('ask only what can be asked, and nothing where nothing was found', () => {
    expect(of('cache.corrupt', { target: 'api', workspace: '/w' })).toHaveLength(1);
    expect(of('env.GOFLAGS', { target: 'host', workspace: '' })).toEqual([
      'godrift why env.GOFLAGS --target host',
    ]);
    expect(commandsToCopy(quiet)).toEqual([]);
  });

  it('show what a rollback would do, where one can: of what drifted from an accepted baseline, and of a cache that holds what is wrong', () => {
    const [first] = drifted.findings as [(typeof drifted.findings)[number]];
    const found = (...findings: readonly Partial<typeof first>[]) => ({
      ...drifted,
      target: 'api',
      workspace: '/src/api',
      findings: findings.map((finding) => ({ ...first, kind: 'drift' as const, ...finding })),
    });
    const rollbacks = (state: Parameters<typeof commandsToCopy>[0]) =>
      commandsToCopy(state).filter((line) => line.includes('rollback'));
    const accepted = { baseline: { ...drifted.baseline, kind: 'pinned' as const } };
    const state = found({ facet: 'env' }, { facet: 'env' }, { facet: 'tools' }, { facet: 'toolchain' });
    expect(rollbacks({ ...state, ...accepted })).toEqual([
      'godrift rollback --facet toolchain --dry-run --target api /src/api',
      'godrift rollback --facet env --dry-run --target api /src/api',
    ]);
    expect(rollbacks(state)).toEqual([]);
    expect(rollbacks({ ...found({ facet: 'env', kind: 'conflict' }), ...accepted })).toEqual([]);
    const cache = found({ facet: 'cache', kind: 'conflict', rule: 'cache-corrupt' });
    expect(rollbacks(cache)).toEqual(['godrift rollback --facet cache --dry-run --target api /src/api']);
  });
});
