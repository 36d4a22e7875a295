import { writeFileSync } from 'node:fs';
import { answering, answers, cacheRepair, damage, ownCache } from '../caches.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'an archive in the build cache that a crash left as zeros',
  source: 'k3s-io/k3s#13488, DataDog/dd-trace-go#5012',
  on: ['1.26.0'],
  needs: 'cache',
  files: answering('right-answer'),
  world: ownCache,
  check: ['--cache'],
  drift: (site) => {
    damage(site, 'right-answer', (file, bytes) => writeFileSync(file, Buffer.alloc(bytes.length)));
    // Go looks at an archive only when something is built with it.
    site.write('app.go', `${answering('')['app.go']}\nvar again = 1\n`);
  },
  go: { run: answers, exit: 1, says: /could not import/ },
  finds: [{ rule: 'cache-corrupt' }],
  repair: cacheRepair,
  healed: { says: /^right-answer$/ },
};
