import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { cacheOf } from '../caches.ts';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { give } from '../site.ts';

export const scenario: Scenario = {
  title: 'a cache that is not there yet, below a ~/.cache that root made',
  on: ['1.27.4'],
  needs: 'cache',
  uid: 65_534,
  drift: (site) => {
    rmSync(dirname(cacheOf(site)), { recursive: true, force: true });
    mkdirSync(dirname(cacheOf(site)), { recursive: true });
    give(dirname(cacheOf(site)), 0);
    site.env.GOCACHE = cacheOf(site);
  },
  go: { run: 'go build ./...', exit: 1, says: /permission denied/ },
  finds: [{ rule: 'cache-unwritable' }],
  repair: byHand(/^sudo mkdir -p (\S+) && sudo chown (\d+) (\S+)$/, (_, [, made = '', uid, given = '']) => {
    mkdirSync(made, { recursive: true });
    give(given, Number(uid));
  }),
};
