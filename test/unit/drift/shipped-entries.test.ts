/** Lines of go.env as shipped with Go are no entries, but a host still detects that they changed. */
import { describe, expect, it } from 'vitest';
import { withoutHostEntries } from '../../../src/drift/secret-entries.ts';
import {
  noLine,
  shippedOf,
  shippedWayBack,
  withShippedCompared,
} from '../../../src/drift/shipped-entries.ts';

type Side = Readonly<Record<string, string>>;
const entries = (side: Side) => new Map(Object.entries(side));
const compare = (old: Side, now: Side) => {
  const both = withShippedCompared(entries(old), entries(now));
  return [Object.fromEntries(both.old), Object.fromEntries(both.now)];
};
const line = (value: string): Side => ({ 'env.GOPROXY.shipped': value });

describe('withShippedCompared', () => {
  it('reports a line that was changed, removed or added', () => {
    expect(compare(line('a'), line('b'))).toEqual([{ 'env.GOPROXY': 'a' }, { 'env.GOPROXY': 'b' }]);
    expect(compare(line('a'), line(noLine))).toEqual([{ 'env.GOPROXY': 'a' }, {}]);
    expect(compare(line(noLine), line('b'))).toEqual([{}, { 'env.GOPROXY': 'b' }]);
  });

  it('reports nothing for equal lines, or if one side does not know the line', () => {
    for (const [old, now] of [
      [line('a'), line('a')],
      [{}, line('a')],
      [line('a'), {}],
    ] as const)
      expect(compare(old, now)).toEqual([{}, {}]);
  });

  it('compares the effective values: a value set on one side replaces its line', () => {
    const set = { 'env.GOPROXY': 'x' };
    expect(compare({ ...line('a'), ...set }, { ...line('b'), ...set })).toEqual([set, set]);
    expect(compare(line('a'), { ...line('b'), 'env.GOPROXY': 'b' })).toEqual([
      { 'env.GOPROXY': 'a' },
      { 'env.GOPROXY': 'b' },
    ]);
    expect(compare(line('a'), { ...line('b'), 'env.GOPROXY': 'a' })).toEqual([
      { 'env.GOPROXY': 'a' },
      { 'env.GOPROXY': 'a' },
    ]);
  });
});

describe('the go.env lines of a host', () => {
  it('are omitted from printed and committed snapshots; shippedOf returns them for a committed baseline', () => {
    const own = entries({ ...line('a'), 'env.GOFLAGS': '-v' });
    expect([...withoutHostEntries(own).keys()]).toEqual(['env.GOFLAGS']);
    expect(shippedOf(own)).toEqual([['env.GOPROXY.shipped', 'a']]);
  });

  it('have a repair if the change comes from go.env', () => {
    const change = {
      key: 'env.GOPROXY',
      expected: 'a',
      origin: { kind: 'goroot', path: '/go/go.env' },
    } as const;
    expect(shippedWayBack(change, entries(line('a')))).toBe('write GOPROXY=a into /go/go.env');
    expect(shippedWayBack({ key: 'env.GOPROXY', origin: change.origin }, entries(line(noLine)))).toBe(
      'remove the line GOPROXY from /go/go.env',
    );
    expect(shippedWayBack(change, entries({ ...line('a'), 'env.GOPROXY': 'a' }))).toBeUndefined();
    expect(shippedWayBack({ ...change, origin: { kind: 'process' } }, entries(line('a')))).toBeUndefined();
    expect(shippedWayBack(change, entries({}))).toBeUndefined();
  });
});
