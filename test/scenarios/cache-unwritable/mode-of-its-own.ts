import { chmodSync, mkdirSync } from 'node:fs';
import { cacheOf } from '../caches.ts';
import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a cache directory whose mode bars its own owner',
  on: ['1.27.4'],
  needs: 'cache',
  uid: 65_534,
  check: ['--cache'],
  world: (site) => {
    mkdirSync(cacheOf(site), { recursive: true });
  },
  drift: (site) => chmodSync(cacheOf(site), 0),
  go: { run: 'go build ./...', exit: 1, says: /permission denied/ },
  finds: [{ rule: 'cache-unwritable' }],
  repair: inShell(/^(chmod u\+rwx \S+)$/),
};
