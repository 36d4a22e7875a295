import { join } from 'node:path';
import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'builds, vet and their caches',
  on: ['1.27.4'],
  world: (site) => sets({ GOCACHE: join(site.home, '.cache/go-build') })(site),
  change: async (site) => {
    await site.shell('go build ./... && go vet ./...');
  },
};
