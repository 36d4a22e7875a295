import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileOf } from '../../lab/build-cache.ts';
import { answering, answers, cacheOf, cacheRepair, holding, ownCache } from '../caches.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title:
    'an archive in the build cache replaced by a link to another one: go follows it and builds a wrong program',
  on: ['1.21.13', '1.27.4'],
  needs: 'cache',
  files: answering('right-answer'),
  world: ownCache,
  check: ['--cache'],
  drift: (site) => {
    for (const { output } of holding(site, 'right-answer')) {
      const file = fileOf(cacheOf(site), output, 'd');
      const text = readFileSync(file, 'latin1').replaceAll('right-answer', 'wrong-answer');
      rmSync(file);
      writeFileSync(join(site.home, `${output}.a`), text, 'latin1');
      symlinkSync(join(site.home, `${output}.a`), file);
    }
  },
  go: { run: answers, says: /^wrong-answer$/ },
  finds: [{ rule: 'cache-corrupt', says: /symbolic link/ }],
  repair: cacheRepair,
  healed: { says: /^right-answer$/ },
};
