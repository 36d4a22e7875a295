import { describe, expect, it } from 'vitest';
import { explainCommands } from '../../../../src/tell/status/explain-commands.ts';
import { drifted, quiet } from '../states.ts';

const of = (key: string, about: { target?: string; workspace?: string } = {}) =>
  explainCommands({
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
    expect(explainCommands(quiet)).toEqual([]);
  });
});
