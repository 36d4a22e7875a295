/**
 * Carrying intact entries of one build cache over to another: files that go never rewrites are shared, others
 * copied.
 */
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { cacheFileName, formatCacheAction, parseCacheAction } from '../../../src/go/cache-action.ts';
import { addCarried, carryFolder, makeCache, nothingCarried } from '../../../src/host/cache-carry.ts';
import { prefixes } from '../../../src/observe/collectors/cache/scan.ts';
import { scratch } from '../store/scratch.ts';

const sha256 = (data: string) => createHash('sha256').update(data).digest('hex');

async function caches() {
  const top = await scratch();
  const [from, to] = [path.join(top, 'from'), path.join(top, 'to')];
  mkdirSync(from);
  for (const prefix of prefixes) mkdirSync(path.join(from, prefix));
  writeFileSync(path.join(from, 'README'), 'about\n');
  writeFileSync(path.join(from, 'trim.txt'), '1700000000\n');
  mkdirSync(path.join(from, 'fuzz/example.com/m/FuzzX'), { recursive: true });
  writeFileSync(path.join(from, 'fuzz/example.com/m/FuzzX/seed'), 'go test fuzz v1\n');
  const put = (
    text: string,
    { name = sha256(text), action = sha256(`action ${text}`), size = text.length } = {},
  ) => {
    writeFileSync(path.join(from, cacheFileName(name, 'd')), text);
    writeFileSync(
      path.join(from, cacheFileName(action, 'a')),
      formatCacheAction({ action, output: name, size, time: 1n }),
    );
    return { output: cacheFileName(name, 'd'), entry: cacheFileName(action, 'a'), action };
  };
  makeCache(from, to, prefixes);
  const carry = (unwanted: readonly string[] = []) =>
    prefixes
      .map((prefix) =>
        carryFolder(
          {
            from,
            to,
            unwanted: new Set(unwanted),
            parse: (text, action) => {
              const entry = parseCacheAction(text, action);
              return typeof entry === 'string' ? undefined : entry;
            },
          },
          prefix,
        ),
      )
      .reduce(addCarried, nothingCarried);
  return { from, to, put, carry };
}

describe('a new generation', () => {
  it('completes an entry that a kill left half written', async () => {
    const { from, to, put, carry } = await caches();
    const { entry } = put('whole');
    for (const half of ['', 'v1 ']) {
      writeFileSync(path.join(to, entry), half);
      expect(carry().carried).toBe(1);
      expect(readFileSync(path.join(to, entry))).toEqual(readFileSync(path.join(from, entry)));
    }
    expect(carry().carried).toBe(0);
  });

  it('shares intact outputs and copies entries, with their times', async () => {
    const { from, to, put, carry } = await caches();
    const { output, entry } = put('whole');
    utimesSync(path.join(from, entry), 1e9, 1e9);
    expect(carry()).toEqual({ carried: 1, outputs: 1, bytes: 5, unsound: 0, unwanted: 0 });
    const [a, b] = [from, to].map((cache) => statSync(path.join(cache, output)).ino);
    expect(a).toBe(b);
    expect(statSync(path.join(to, entry)).ino).not.toBe(statSync(path.join(from, entry)).ino);
    expect(statSync(path.join(to, entry)).mtimeMs).toBe(1e12);
    expect(readFileSync(path.join(to, entry))).toEqual(readFileSync(path.join(from, entry)));
    // Go appends to this file in place.
    appendFileSync(path.join(to, 'trim.txt'), 'x');
    expect(readFileSync(path.join(from, 'trim.txt'), 'utf8')).toBe('1700000000\n');
    expect(readFileSync(path.join(to, 'fuzz/example.com/m/FuzzX/seed'), 'utf8')).toContain('fuzz');
    expect(carry()).toEqual(nothingCarried);
  });

  it('leaves out damaged, unwanted, half-written and non-regular files', async () => {
    const { from, to, put, carry } = await caches();
    const damaged = put('WRONG', { name: sha256('right') });
    const half = put('hal', { name: sha256('half'), size: 4 });
    const unwanted = put('unwanted');
    const dangling = put('dangling');
    const link = put('link');
    const elsewhere = path.join(from, 'elsewhere');
    writeFileSync(elsewhere, 'link');
    for (const file of [dangling.output, link.output]) {
      rmSync(path.join(from, file));
    }
    symlinkSync(elsewhere, path.join(from, link.output));
    writeFileSync(path.join(from, cacheFileName(sha256('odd'), 'a')), 'no entry');
    expect(carry([unwanted.action])).toEqual({ carried: 0, outputs: 0, bytes: 0, unsound: 1, unwanted: 1 });
    for (const { output, entry } of [damaged, half, unwanted, dangling, link])
      expect([output, entry].map((file) => existsSync(path.join(to, file)))).toEqual([false, false]);
    expect(readdirSync(to, { recursive: true }).filter((name) => /-[ad]$/.test(String(name)))).toEqual([]);
  });

  it('keeps entries that a build has already written to it', async () => {
    const { to, put, carry } = await caches();
    const { entry, action, output } = put('whole');
    const own = formatCacheAction({ action, output: sha256('own'), size: 3, time: 2n });
    writeFileSync(path.join(to, entry), own);
    expect(carry()).toMatchObject({ carried: 0, outputs: 1 });
    expect(readFileSync(path.join(to, entry), 'utf8')).toBe(own);
    // An entry of the other cache may refer to this output, so it is carried.
    expect(existsSync(path.join(to, output))).toBe(true);
  });

  it('shares the single file of an executable', async () => {
    const { from, to, carry } = await caches();
    const id = sha256('program');
    const action = sha256('run');
    mkdirSync(path.join(from, cacheFileName(id, 'd')));
    writeFileSync(path.join(from, cacheFileName(id, 'd'), 'tool'), 'program', { mode: 0o755 });
    writeFileSync(
      path.join(from, cacheFileName(action, 'a')),
      formatCacheAction({ action, output: id, size: 7, time: 1n }),
    );
    expect(carry()).toMatchObject({ carried: 1, outputs: 1 });
    expect(statSync(path.join(to, cacheFileName(id, 'd'), 'tool')).mode & 0o777).toBe(0o755);
  });
});
