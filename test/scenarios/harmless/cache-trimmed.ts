import { answering, cacheOf, holding, ownCache } from '../caches.ts';
import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'go trims a cache that came out of a week-old image',
  on: ['1.27.4'],
  needs: 'cache',
  files: answering('seldom-wanted'),
  world: ownCache,
  check: ['--cache'],
  change: async (site) => {
    await site.shell(`find ${cacheOf(site)} -type f -exec touch -d '7 days ago' {} +`);
    await site.shell(`printf 0 >${cacheOf(site)}/trim.txt && go build runtime`);
    if (holding(site, 'seldom-wanted').length > 0) throw new Error('go did not trim its cache');
  },
};
