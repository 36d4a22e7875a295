/** The default cache of a go command without GOCACHE: a build of another user does not block the repair of this user's cache. */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { cacheUsers } from '../../../src/host/cache-users.ts';
import { defaultCacheOf } from '../../../src/undo/default-cache.ts';
import { eventually } from '../../lab/eventually.ts';

const home = realpathSync(mkdtempSync(join(tmpdir(), 'godrift-default-cache-')));
mkdirSync(join(home, 'set/go'), { recursive: true });
writeFileSync(join(home, 'set/go/env'), 'GOCACHE=/somewhere/else\n');
mkdirSync(join(home, 'goroot/bin'), { recursive: true });
const go = join(home, 'goroot/bin/go');
// A program that has the name of go, and waits.
copyFileSync('/bin/sleep', go);
const children: ReturnType<typeof spawn>[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

const of = (environment: Record<string, string>) => defaultCacheOf(new Map(Object.entries(environment)), go);

it('is where go finds it', () => {
  expect(of({ HOME: '/home/ann' })).toBe('/home/ann/.cache/go-build');
  expect(of({ HOME: '/home/ann', XDG_CACHE_HOME: '/c' })).toBe('/c/go-build');
  expect(of({ HOME: '/home/ann', XDG_CONFIG_HOME: join(home, 'set') })).toBe('/somewhere/else');
  expect(of({ HOME: '/home/ann', GOENV: join(home, 'set/go/env') })).toBe('/somewhere/else');
  expect(of({ HOME: '/h', XDG_CONFIG_HOME: join(home, 'set'), GOENV: 'off' })).toBe('/h/.cache/go-build');
  expect(of({})).toBe('');
  writeFileSync(join(home, 'goroot/go.env'), 'GOCACHE=/of/the/host\n');
  expect(of({ HOME: '/home/ann' })).toBe('/of/the/host');
  writeFileSync(join(home, 'goroot/go.env'), '');
  // A folder stands there, which is no file that go could read.
  expect(of({ HOME: '/home/ann', GOENV: home })).toBe(undefined);
});

it.runIf(process.platform === 'linux')(
  'counts as a user only where it is the cache in question',
  async () => {
    const place = join(home, '.cache/go-build');
    mkdirSync(place, { recursive: true });
    const start = (environment: Record<string, string>) => {
      const child = spawn(go, ['60'], { env: environment, stdio: 'ignore' });
      children.push(child);
      return child.pid ?? -1;
    };
    const mine = start({ HOME: home });
    const other = start({ HOME: join(home, 'other') });
    const users = () => cacheUsers(place, [place], defaultCacheOf).map(({ pid }) => pid);
    await eventually('the user of the cache', async () => users().includes(mine));
    await eventually('the other process', async () =>
      cacheUsers(place, [place]).some(({ pid }) => pid === other),
    );
    expect(users()).not.toContain(other);
  },
);
