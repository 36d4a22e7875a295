/**
 * Changes between two copies of go.mod, go.work or go.sum, and restoring some of them from the older copy.
 */
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

describe('directiveChanges and restoreDirectives', () => {
  const changes = directiveChanges(bytes(was), bytes(now), 'go.mod') ?? [];

  it('identify changes by their subject, with the line in the current copy', () => {
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

  it('list the modules whose sums a change affects', () => {
    const modules = new Map(changes.map((one) => [one.id, one.modules]));
    expect(modules.get('require example.com/a')).toEqual(['example.com/a']);
    expect(modules.get('replace example.com/b v1.0.0')).toEqual(['example.com/b', 'example.com/fork']);
    expect(modules.get('go')).toEqual([]);
  });

  it('restore each change alone and all together, and nothing else', () => {
    for (const { id } of changes) {
      const one = restoreDirectives(bytes(was), bytes(now), 'go.mod', new Set([id]));
      const left = directiveChanges(bytes(was), one, 'go.mod')?.map((change) => change.id);
      expect(left, id).toEqual(changes.flatMap((change) => (change.id === id ? [] : [change.id])));
      expect(text(one)).toContain('retract v1.0.0');
    }
    const all = restoreDirectives(bytes(was), bytes(now), 'go.mod', new Set(changes.map(({ id }) => id)));
    expect(directiveChanges(bytes(was), all, 'go.mod')).toEqual([]);
  });

  it('ignore quotes, and report every line of a repeated directive', () => {
    const changesBetween = (older: string, newer: string) =>
      directiveChanges(bytes(`module m\n${older}`), bytes(`module m\n${newer}`), 'go.mod')?.map(
        ({ id, was: from, now: to, texts, count }) => [id, from, to, texts, count],
      );
    expect(changesBetween('require "m/a" "v1.0.0"\n', 'require m/a v1.0.0\n')).toEqual([]);
    expect(changesBetween('replace m/a => "../a b"\n', '')).toEqual([
      ['replace m/a', '=> ../a b', undefined, ['replace m/a => "../a b"'], 0],
    ]);
    expect(changesBetween('require m/a v1.0.0\nrequire m/a v1.1.0\n', 'require m/a v1.2.0\n')).toEqual([
      ['require m/a', 'v1.0.0, v1.1.0', 'v1.2.0', ['require m/a v1.0.0', 'require m/a v1.1.0'], 1],
    ]);
    expect(changesBetween('tool m/a\n', 'tool m/a\ntool m/a\n')).toEqual([
      ['tool m/a', '', '2 times', ['tool m/a'], 2],
    ]);
  });

  it('return undefined for a file that go refuses', () => {
    expect(directiveChanges(bytes(was), bytes('module'), 'go.mod')).toBe(undefined);
    expect(directiveChanges(bytes('nonsense'), bytes(now), 'go.mod')).toBe(undefined);
  });

  it('handle the use lines of a go.work', () => {
    const kind: ModFileKind = 'go.work';
    const [old, fresh] = ['go 1.21\n\nuse (\n\t.\n\t./lib\n)\n', 'go 1.21\n\nuse .\n\nuse ./other\n'].map(
      bytes,
    ) as [Uint8Array, Uint8Array];
    expect(directiveChanges(old, fresh, kind)?.map(({ id }) => id)).toEqual(['use ./lib', 'use ./other']);
    const back = restoreDirectives(old, fresh, kind, new Set(['use ./lib']));
    expect(directiveChanges(old, back, kind)?.map(({ id }) => id)).toEqual(['use ./other']);
  });
});

describe('sumChanges and restoreSums', () => {
  const old = bytes(
    'm/a v1.0.0 h1:A=\nm/a v1.0.0/go.mod h1:B=\nm/b v1.0.0 h1:C=\nm/b v1.0.0/go.mod h1:D=\nm/c v1.0.0 h1:E=\n',
  );
  const fresh = bytes('m/b v1.0.0 h1:X=\nm/b v1.0.0/go.mod h1:D=\nm/c v1.0.0 h1:E=\nm/d v1.0.0 h1:F=\n');

  it('report each different sum, and the missing sums of a module together', () => {
    expect(sumChanges(old, fresh)).toEqual([
      { module: 'm/b', keys: ['m/b v1.0.0'], was: 'h1:C=', now: 'h1:X=', line: 1 },
      { module: 'm/a', keys: ['m/a v1.0.0', 'm/a v1.0.0/go.mod'], was: 'v1.0.0, v1.0.0/go.mod' },
    ]);
  });

  it('restore the sums of the given keys, and keep added sums', () => {
    const back = (...keys: readonly string[]) => text(restoreSums(old, fresh, new Set(keys)));
    expect(back()).toBe(text(fresh));
    expect(back('m/b v1.0.0')).toBe(text(fresh).replace('h1:X=', 'h1:C='));
    expect(back('m/a v1.0.0')).toBe(`${text(fresh)}m/a v1.0.0 h1:A=\n`);
  });
});
