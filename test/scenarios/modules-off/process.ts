import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GO111MODULE=off inside a module',
  on: ['1.21.13', '1.27.4'],
  drift: sets({ GO111MODULE: 'off' }),
  go: { run: 'go list -m', exit: 1, says: /GO111MODULE=off/ },
  finds: [{ rule: 'modules-off' }],
  repair: unsets('GO111MODULE'),
};
