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
  it('name the target, the question and the workspace, quoted for sh', () => {
    expect(of('env.GOFLAGS', { target: 'api', workspace: '/src/api' })).toEqual([
      'godrift why env.GOFLAGS --target api /src/api',
      'cd /src/api && godrift blame --target api -- go build ./...',
    ]);
    expect(of('toolchain.version', { target: "a'b; c", workspace: '/src/of ann' })).toEqual([
      `godrift why toolchain --target 'a'\\''b; c' '/src/of ann'`,
      `cd '/src/of ann' && godrift blame --target 'a'\\''b; c' -- go build ./...`,
    ]);
  });

  it('are limited to supported questions, and empty without findings', () => {
    expect(of('cache.corrupt', { target: 'api', workspace: '/w' })).toHaveLength(1);
    expect(of('env.GOFLAGS', { target: 'host', workspace: '' })).toEqual([
      'godrift why env.GOFLAGS --target host',
    ]);
    expect(commandsToCopy(quiet)).toEqual([]);
  });

  it('include a rollback where one is possible: for drifts from an accepted baseline, and for a damaged cache', () => {
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
