import { join } from 'node:path';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'no go on PATH',
  on: ['none'],
  drift: (site) => sets({ PATH: join(site.home, 'empty') })(site),
  go: { run: 'go version', exit: 127, says: /not found/ },
  finds: [{ rule: 'go-missing' }],
  repair: byHand(/install Go|on PATH/, (site) => site.first(bin('1.27.4'))),
};
