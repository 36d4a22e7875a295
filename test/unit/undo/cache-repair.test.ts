/** A cache repair removes what is bad, only inside of that cache, and nothing that changed meanwhile. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cacheFileName, formatCacheAction } from '../../../src/go/cache-action.ts';
import { planCacheRepair } from '../../../src/undo/cache-plan.ts';
import { repairCache } from '../../../src/undo/cache-repair.ts';
import { cacheOf, id } from '../drift/conflicts/cache-facts.ts';
import { scratch } from '../store/scratch.ts';

const sha256 = (data: string) => createHash('sha256').update(data).digest('hex');
const wrong = { output: sha256('right'), kind: 'archive', size: 5, actions: [id('a'), id('b')] };
const turned = {
  action: id('c'),
  output: sha256('sound'),
  kind: 'archive',
  size: 5,
  proof: 'build-id',
} as const;

function put(cache: string, file: string, text: string): void {
  mkdirSync(dirname(join(cache, file)), { recursive: true });
  writeFileSync(join(cache, file), text);
}

const entry = (action: string, output: string) => formatCacheAction({ action, output, size: 5, time: 1n });
const contentOf = (part: Parameters<typeof cacheOf>[0]) => {
  const { content } = cacheOf(part);
  if (content === undefined) throw new Error('no content');
  return content;
};
const stepsIn = (cache: string) => planCacheRepair(cache, contentOf({ corrupt: [wrong], rebound: [turned] }));
const steps = stepsIn('/cache');
const fileOf = (output: string) => cacheFileName(output, 'd');

async function damagedCache(): Promise<string> {
  const cache = await scratch();
  for (const action of wrong.actions) put(cache, cacheFileName(action, 'a'), entry(action, wrong.output));
  put(cache, cacheFileName(turned.action, 'a'), entry(turned.action, turned.output));
  put(cache, fileOf(wrong.output), 'WRONG');
  put(cache, fileOf(turned.output), 'sound');
  return cache;
}

describe('planCacheRepair', () => {
  it('drops entries before outputs, and no sound output', () => {
    expect(steps.map(({ kind }) => kind)).toEqual([
      'drop-action',
      'drop-action',
      'drop-action',
      'drop-output',
    ]);
    expect(steps.at(-1)).toMatchObject({ output: wrong.output });
    expect(planCacheRepair('/cache', contentOf({}))).toEqual([]);
  });

  it('drops an entry that is wrong in two ways only once', () => {
    const both = { ...turned, action: id('a') };
    expect(planCacheRepair('/cache', contentOf({ corrupt: [wrong], rebound: [both] }))).toHaveLength(3);
  });
});

describe('repairCache', () => {
  it('removes what the steps name, and leaves the rest', async () => {
    const cache = await damagedCache();
    put(cache, 'README', 'about');
    const outcomes = repairCache(stepsIn(cache));
    expect(outcomes.map(({ result }) => result)).toEqual(['done', 'done', 'done', 'done']);
    expect(
      readdirSync(cache, { recursive: true })
        .filter((name) => /-[ad]$|README/.test(String(name)))
        .sort(),
    ).toEqual(['README', fileOf(turned.output)].sort());
    expect(repairCache(stepsIn(cache)).every(({ result }) => result === 'needless')).toBe(true);
  });

  it('leaves what a build healed meanwhile', async () => {
    const cache = await damagedCache();
    put(cache, fileOf(wrong.output), 'right');
    put(cache, cacheFileName(turned.action, 'a'), entry(turned.action, id('f')));
    put(cache, cacheFileName(id('a'), 'a'), 'no entry');
    expect(repairCache(stepsIn(cache)).map(({ result }) => result)).toEqual([
      'needless',
      'needless',
      'done',
      'needless',
    ]);
    expect(existsSync(join(cache, fileOf(wrong.output)))).toBe(true);
  });

  it('leaves an output of another size: it is being written', async () => {
    const cache = await damagedCache();
    put(cache, fileOf(wrong.output), 'WRO');
    expect(repairCache(stepsIn(cache)).at(-1)).toMatchObject({ result: 'needless' });
  });

  it('follows no symlink, neither to a directory nor to a file', async () => {
    const cache = await damagedCache();
    const outside = await scratch();
    const folder = join(cache, wrong.output.slice(0, 2));
    renameSync(folder, join(outside, 'moved'));
    symlinkSync(join(outside, 'moved'), folder);
    const file = join(outside, 'an entry');
    writeFileSync(file, entry(turned.action, turned.output));
    const link = join(cache, cacheFileName(turned.action, 'a'));
    renameSync(link, `${link}.old`);
    symlinkSync(file, link);
    const outcomes = repairCache(stepsIn(cache));
    expect(outcomes.filter(({ result }) => result === 'failed')).toHaveLength(2);
    expect(readdirSync(join(outside, 'moved'))).toHaveLength(1);
    expect(existsSync(file)).toBe(true);
  });

  it('removes the only file of an executable with its directory, and no directory that holds more', async () => {
    const cache = await scratch();
    const drop = { kind: 'drop-output', cache, path: '', output: wrong.output, size: 5 } as const;
    put(cache, `${fileOf(wrong.output)}/tool`, 'WRONG');
    put(cache, `${fileOf(wrong.output)}/more`, 'WRONG');
    expect(repairCache([drop])[0]?.result).toBe('needless');
    renameSync(join(cache, fileOf(wrong.output), 'more'), join(cache, 'more'));
    expect(repairCache([drop])[0]?.result).toBe('done');
    expect(existsSync(join(cache, fileOf(wrong.output)))).toBe(false);
  });

  it('refuses names that do not belong to a cache', () => {
    const output = '../../../etc/passwd';
    const evil = { kind: 'drop-output', cache: '/tmp', path: '', output, size: 5 } as const;
    expect(() => repairCache([evil])).toThrow('no name of a cache entry');
  });
});
