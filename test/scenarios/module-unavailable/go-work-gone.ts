import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { appOfNeighbour, neighbourWork, putNeighbour } from '../modules.ts';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { put } from '../site.ts';

export const scenario: Scenario = {
  title: 'a go.work that no commit holds is lost, where a module imports its neighbour by it',
  on: ['1.27.4', '1.21.13'],
  needs: 'modules',
  files: appOfNeighbour,
  world: putNeighbour,
  baseline: 'accepted',
  drift: (site) => rmSync(join(site.home, 'src/go.work')),
  go: { run: 'go build ./...', exit: 1, says: /no required module provides package example\.com\/lib\/x/ },
  finds: [
    {
      rule: 'module-unavailable',
      key: 'modules.example.com/lib/x',
      says: /the go\.work of the baseline is gone/,
    },
  ],
  repair: byHand(/^restore go\.work, which the baseline was taken with/, (site) =>
    put(join(site.home, 'src/go.work'), neighbourWork),
  ),
};
