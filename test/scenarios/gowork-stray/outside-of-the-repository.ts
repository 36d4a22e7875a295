import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { put, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'a go.work outside of the repository',
  on: ['1.26.0'],
  needs: 'modules',
  world: (site) => {
    mkdirSync(join(site.workspace, '.git'));
  },
  drift: (site) => put(join(site.home, 'src/go.work'), 'go 1.21\n\nuse ./app\n'),
  go: { run: 'go env GOWORK', says: /src\/go\.work/ },
  finds: [{ rule: 'gowork-stray' }],
  repair: byHand(/GOWORK=(off)/, (site, [, value]) => sets({ GOWORK: value as string })(site)),
  healed: { says: /^(off)?$/ },
};
