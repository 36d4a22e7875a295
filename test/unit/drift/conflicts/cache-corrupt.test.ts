import { describe, expect, it } from 'vitest';
import { cacheOf, foundIn, id } from './cache-facts.ts';

const one = {
  output: id('a'),
  kind: 'archive',
  size: 5,
  package: 'example.com/x',
  producer: 'go1.27.4 linux/amd64',
  actions: [id('b'), id('c')],
};

describe('cache-corrupt', () => {
  it('names the package, the output, the actions and the effect on go', () => {
    const [finding, ...rest] = foundIn('cache-corrupt', cacheOf({ corruptCount: 1, corrupt: [one] }));
    expect(rest).toEqual([]);
    expect(finding).toMatchObject({ level: 'major', facet: 'cache', expected: `sha256:${id('a')}` });
    expect(finding?.summary).toContain('package example.com/x (go1.27.4 linux/amd64)');
    expect(finding?.summary).toContain(`/home/u/.cache/go-build/aa/${id('a')}-d`);
    expect(finding?.summary).toMatch(/action b{16}, c{16} leads to it; go links it/);
    expect(finding?.repair).toBe('godrift cache repair --gocache /home/u/.cache/go-build --yes');
  });

  it('states the effect for each kind of output', () => {
    const summaryFor = (kind: string) =>
      foundIn('cache-corrupt', cacheOf({ corruptCount: 1, corrupt: [{ ...one, kind }] }))[0]?.summary;
    expect(summaryFor('executable')).toContain('go run and go tool start it');
    expect(summaryFor('index')).toContain('reads the sources of a package wrongly');
    expect(summaryFor('other')).toContain('builds again where it looks');
  });

  it('reports at most ten outputs, quotes paths for the shell, and is silent for an intact cache', () => {
    const corrupt = Array.from({ length: 30 }, () => one);
    const cache = cacheOf({ corruptCount: 30, corrupt }, { path: "/home/o'neil/my cache" });
    expect(foundIn('cache-corrupt', cache)).toHaveLength(10);
    expect(foundIn('cache-corrupt', cache)[0]?.repair).toContain(`'/home/o'\\''neil/my cache'`);
    expect(foundIn('cache-corrupt', cacheOf({}))).toEqual([]);
  });
});
