/** Lines of go.env that nobody set are no entries, and a host sees all the same that they became others. */
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
  it('tells a line that became another one, went away or came', () => {
    expect(compare(line('a'), line('b'))).toEqual([{ 'env.GOPROXY': 'a' }, { 'env.GOPROXY': 'b' }]);
    expect(compare(line('a'), line(noLine))).toEqual([{ 'env.GOPROXY': 'a' }, {}]);
    expect(compare(line(noLine), line('b'))).toEqual([{}, { 'env.GOPROXY': 'b' }]);
  });

  it('tells nothing of lines that are the same, or that one side does not know', () => {
    for (const [old, now] of [
      [line('a'), line('a')],
      [{}, line('a')],
      [line('a'), {}],
    ] as const)
      expect(compare(old, now)).toEqual([{}, {}]);
  });

  it('compares what is in force: a value that was set then, or is set now', () => {
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

describe('the lines of a host', () => {
  it('are never printed or committed, and lent to a committed baseline', () => {
    const own = entries({ ...line('a'), 'env.GOFLAGS': '-v' });
    expect([...withoutHostEntries(own).keys()]).toEqual(['env.GOFLAGS']);
    expect(shippedOf(own)).toEqual([['env.GOPROXY.shipped', 'a']]);
  });

  it('say how to put them back, where they are what the change comes from', () => {
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
