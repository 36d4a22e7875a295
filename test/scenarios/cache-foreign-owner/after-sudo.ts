import { readdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { runtimeCache } from '../../lab/build-cache.ts';
import { cacheOf } from '../caches.ts';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { give, sdk } from '../site.ts';

export const scenario: Scenario = {
  title: 'a build as root into the cache of the user',
  source: 'go-internals §7, 21',
  on: ['1.27.4'],
  needs: 'cache',
  uid: 65_534,
  world: (site) => runtimeCache(sdk('1.27.4'), cacheOf(site)),
  check: ['--cache'],
  drift: (site) => {
    for (const name of readdirSync(cacheOf(site))) give(join(cacheOf(site), name), 0);
    site.write('app.go', 'package app\n\nvar V = 1\n');
    // What is younger than 2 s go does not index, and builds without the cache.
    const then = Date.now() / 1000 - 3600;
    utimesSync(join(site.workspace, 'app.go'), then, then);
  },
  go: { run: 'go build ./...', exit: 1, says: /permission denied|is not in std/ },
  finds: [{ rule: 'cache-foreign-owner' }],
  repair: byHand(/^sudo chown -R (\d+) \S+$/, (site, [, uid]) => give(cacheOf(site), Number(uid))),
};
