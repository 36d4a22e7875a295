import { describe, expect, it } from 'vitest';
import { found, local, rulesOf } from './world.ts';

const without = (name: string) => ({ programs: local.programs.filter((program) => program.name !== name) });

describe('toolchain-partial', () => {
  it.each(['compile', 'link', 'asm'])('reports a tree without %s', (tool) => {
    expect(found('toolchain-partial', { local: without(tool) })[0]?.summary).toContain(
      `pkg/tool has no ${tool}`,
    );
  });

  it('reports an incomplete tree with its missing directories', () => {
    const lacks = ['src/unicode', 'src/unsafe', 'src/vendor', 'pkg/include'];
    const gorootParts = { exists: true, pkgTool: true, src: true, lacks };
    expect(found('toolchain-partial', { local: { gorootParts } })[0]?.summary).toContain(
      'there is no src/unicode, src/unsafe, src/vendor and 1 more',
    );
  });

  it.each([
    ['without cgo', without('cgo')],
    ['from before go1.21', { ...without('asm'), version: '1.20.14', label: '1.20.14', programs: [] }],
  ])('is silent for a tree %s', (_, part) => {
    expect(rulesOf({ local: part })).toEqual([]);
  });

  it.each([
    ['truncated', 1],
    ['no build info', 0],
    ['cannot be read', 0],
  ])('with the compiler problem "%s" gives %i findings', (problem, count) => {
    const programs = local.programs.map((one) =>
      one.name === 'compile' ? { name: 'compile', problem } : one,
    );
    expect(found('toolchain-partial', { local: { programs } })).toHaveLength(count);
  });

  it('reports programs that are not executable, for every version of Go', () => {
    const refused = ['compile', 'link', 'asm', 'vet'].map((name) => `pkg/tool/linux_amd64/${name}`);
    const [one] = found('toolchain-partial', { local: { refused, version: '1.20.14', programs: [] } });
    expect(one?.summary).toMatch(/compile, .*link, .*asm and 1 more may not be executed/);
    expect(one?.fix).toEqual({
      action: 'run',
      argv: ['chmod', 'a+rx', '--', ...refused.map((name) => `/usr/local/go/${name}`)],
    });
  });

  it('repairs a broken tree in the module cache by the .partial file that makes go unpack it again', () => {
    const goroot = '/home/u/go/pkg/mod/golang.org/toolchain@v0.0.1-go1.27.0.linux-amd64';
    const mark =
      '/home/u/go/pkg/mod/cache/download/golang.org/toolchain/@v/v0.0.1-go1.27.0.linux-amd64.partial';
    const [one] = found('toolchain-partial', {
      toolchain: { brokenSwitch: { goroot, says: 'go: exec go1.27.0' } },
    });
    expect(one?.summary).toContain('every go command fails with "go: exec go1.27.0"');
    expect(one?.fix).toEqual({ action: 'run', argv: ['touch', '--', mark] });
  });
});
