import { join } from 'node:path';
import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'go clean -cache',
  on: ['1.26.0'],
  world: async (site) => {
    site.env.GOCACHE = join(site.home, '.cache/go-build');
    await site.shell('go build ./...');
  },
  change: async (site) => {
    await site.shell('go clean -cache');
  },
};
