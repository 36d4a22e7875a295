import { chmodSync } from 'node:fs';
import { cacheOf } from '../caches.ts';
import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'a cache whose top nobody writes to: outputs go to the folders below it',
  on: ['1.27.4'],
  needs: 'cache',
  uid: 65_534,
  world: async (site) => {
    site.env.GOCACHE = cacheOf(site);
    await site.shell('go build ./...');
    chmodSync(cacheOf(site), 0o555);
    site.write('app.go', 'package app\n\nvar V = 1\n');
  },
};
