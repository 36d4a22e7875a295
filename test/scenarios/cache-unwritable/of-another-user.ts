import { mkdirSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { cacheOf } from '../caches.ts';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { give } from '../site.ts';

export const scenario: Scenario = {
  title: 'a cache directory that root made',
  on: ['1.26.0'],
  needs: 'cache',
  uid: 65_534,
  world: (site) => {
    mkdirSync(cacheOf(site), { recursive: true });
  },
  drift: (site) => {
    give(cacheOf(site), 0);
    site.write('app.go', 'package app\n\nvar V = 1\n');
    // What is younger than 2 s go does not index, and builds without the cache.
    const then = Date.now() / 1000 - 3600;
    utimesSync(join(site.workspace, 'app.go'), then, then);
  },
  go: { run: 'go build ./...', exit: 1, says: /permission denied/ },
  finds: [{ rule: 'cache-unwritable' }],
  repair: byHand(/^sudo chown -R (\d+) \S+$/, (site, [, uid]) => give(cacheOf(site), Number(uid))),
};
