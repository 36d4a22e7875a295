import { answering, answers, cacheRepair, damage, flipped, ownCache } from '../caches.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'bytes of an archive in the build cache flipped: the program answers wrongly, and go says nothing',
  source: 'go-internals §7, 16',
  on: ['1.27.4'],
  needs: 'cache',
  files: answering('right-answer'),
  world: ownCache,
  check: ['--cache'],
  drift: (site) => damage(site, 'right-answer', flipped('right-answer', 'wrong-answer')),
  go: { run: answers, says: /^wrong-answer$/ },
  finds: [{ rule: 'cache-corrupt', says: /example\.com\/app/ }],
  repair: cacheRepair,
  healed: { says: /^right-answer$/ },
};
