/** Two copies of go.mod, go.work and go.sum: what differs, and what a copy is with some of it as it was. */
import { describe, expect, it } from 'vitest';
import { restoreSums, sumChanges } from '../../../src/go/gosum-merge.ts';
import { directiveChanges, type ModFileKind, restoreDirectives } from '../../../src/go/modfile-merge.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: Uint8Array) => new TextDecoder().decode(value);

const was = `module example.com/app

go 1.21

require (
	example.com/a v1.0.0
	example.com/b v1.0.0 // indirect
)

require "example.com/q" v1.0.0

replace example.com/b => ../b

exclude example.com/c v1.1.0

godebug default=go1.21
`;
const now = `module example.com/app

go 1.24

require (
	example.com/a v1.1.0 // what is needed
	example.com/b v1.0.0
	example.com/n v1.0.0
)

require example.com/q v1.0.0

replace example.com/b v1.0.0 => example.com/fork v1.2.0

godebug default=go1.24

tool example.com/n/cmd

retract v1.0.0
`;

describe('directives of two copies', () => {
  const changes = directiveChanges(bytes(was), bytes(now), 'go.mod') ?? [];

  it('are told by what they are about, with the line of today', () => {
    expect(changes.map(({ id, was: from, now: to, line }) => [id, from, to, line])).toEqual([
      ['go', '1.21', '1.24', 3],
      ['require example.com/a', 'v1.0.0', 'v1.1.0', 6],
      ['require example.com/b', 'v1.0.0 // indirect', 'v1.0.0', 7],
      ['replace example.com/b', '=> ../b', undefined, undefined],
      ['exclude example.com/c v1.1.0', '', undefined, undefined],
      ['godebug default', 'go1.21', 'go1.24', 15],
      ['require example.com/n', undefined, 'v1.0.0', 8],
      ['replace example.com/b v1.0.0', undefined, '=> example.com/fork v1.2.0', 13],
      ['tool example.com/n/cmd', undefined, '', 17],
    ]);
  });

  it('name the modules whose sums they decide about', () => {
    const modules = new Map(changes.map((one) => [one.id, one.modules]));
    expect(modules.get('require example.com/a')).toEqual(['example.com/a']);
    expect(modules.get('replace example.com/b v1.0.0')).toEqual(['example.com/b', 'example.com/fork']);
    expect(modules.get('go')).toEqual([]);
  });

  it('are as they were, one by one and all of them, and nothing else is', () => {
    for (const { id } of changes) {
      const one = restoreDirectives(bytes(was), bytes(now), 'go.mod', new Set([id]));
      const left = directiveChanges(bytes(was), one, 'go.mod')?.map((change) => change.id);
      expect(left, id).toEqual(changes.flatMap((change) => (change.id === id ? [] : [change.id])));
      expect(text(one)).toContain('retract v1.0.0');
    }
    const all = restoreDirectives(bytes(was), bytes(now), 'go.mod', new Set(changes.map(({ id }) => id)));
    expect(directiveChanges(bytes(was), all, 'go.mod')).toEqual([]);
  });

  it('are the same with quotes and without them, and told with all that is said of one', () => {
    const told = (older: string, newer: string) =>
      directiveChanges(bytes(`module m\n${older}`), bytes(`module m\n${newer}`), 'go.mod')?.map(
        ({ id, was: from, now: to, texts, count }) => [id, from, to, texts, count],
      );
    expect(told('require "m/a" "v1.0.0"\n', 'require m/a v1.0.0\n')).toEqual([]);
    expect(told('replace m/a => "../a b"\n', '')).toEqual([
      ['replace m/a', '=> ../a b', undefined, ['replace m/a => "../a b"'], 0],
    ]);
    expect(told('require m/a v1.0.0\nrequire m/a v1.1.0\n', 'require m/a v1.2.0\n')).toEqual([
      ['require m/a', 'v1.0.0, v1.1.0', 'v1.2.0', ['require m/a v1.0.0', 'require m/a v1.1.0'], 1],
    ]);
    expect(told('tool m/a\n', 'tool m/a\ntool m/a\n')).toEqual([
      ['tool m/a', '', '2 times', ['tool m/a'], 2],
    ]);
  });

  it('are none of a file that go refuses', () => {
    expect(directiveChanges(bytes(was), bytes('module'), 'go.mod')).toBe(undefined);
    expect(directiveChanges(bytes('nonsense'), bytes(now), 'go.mod')).toBe(undefined);
  });

  it('of a go.work are its own', () => {
    const kind: ModFileKind = 'go.work';
    const [old, fresh] = ['go 1.21\n\nuse (\n\t.\n\t./lib\n)\n', 'go 1.21\n\nuse .\n\nuse ./other\n'].map(
      bytes,
    ) as [Uint8Array, Uint8Array];
    expect(directiveChanges(old, fresh, kind)?.map(({ id }) => id)).toEqual(['use ./lib', 'use ./other']);
    const back = restoreDirectives(old, fresh, kind, new Set(['use ./lib']));
    expect(directiveChanges(old, back, kind)?.map(({ id }) => id)).toEqual(['use ./other']);
  });
});

describe('sums of two copies', () => {
  const old = bytes(
    'm/a v1.0.0 h1:A=\nm/a v1.0.0/go.mod h1:B=\nm/b v1.0.0 h1:C=\nm/b v1.0.0/go.mod h1:D=\nm/c v1.0.0 h1:E=\n',
  );
  const fresh = bytes('m/b v1.0.0 h1:X=\nm/b v1.0.0/go.mod h1:D=\nm/c v1.0.0 h1:E=\nm/d v1.0.0 h1:F=\n');

  it('differ where one is another one, by itself, and where those of a module are gone', () => {
    expect(sumChanges(old, fresh)).toEqual([
      { module: 'm/b', keys: ['m/b v1.0.0'], was: 'h1:C=', now: 'h1:X=', line: 1 },
      { module: 'm/a', keys: ['m/a v1.0.0', 'm/a v1.0.0/go.mod'], was: 'v1.0.0, v1.0.0/go.mod' },
    ]);
  });

  it('are as they were for some keys, and those that came stay', () => {
    const back = (...keys: readonly string[]) => text(restoreSums(old, fresh, new Set(keys)));
    expect(back()).toBe(text(fresh));
    expect(back('m/b v1.0.0')).toBe(text(fresh).replace('h1:X=', 'h1:C='));
    expect(back('m/a v1.0.0')).toBe(`${text(fresh)}m/a v1.0.0 h1:A=\n`);
  });
});
