import { describe, expect, it } from 'vitest';
import { found, local, processOrigin } from './world.ts';

const withTool = (name: string, version: string) => ({
  programs: local.programs.map((program) => (program.name === name ? { name, version } : program)),
});

describe('goroot-mixed', () => {
  it.each(['gofmt', 'compile', 'link', 'asm', 'cgo'])('reports a %s of another version', (tool) => {
    expect(found('goroot-mixed', { local: withTool(tool, '1.27.4') })).toMatchObject([
      { level: 'major', expected: '1.26.0', actual: `${tool} 1.27.4` },
    ]);
  });

  it('leaves a GOROOT other than its own tree to goroot-mismatch', () => {
    const other = { ...withTool('compile', '1.27.4'), goroot: '/other', gorootOrigin: processOrigin };
    expect(found('goroot-mixed', { local: other })).toEqual([]);
  });
});
