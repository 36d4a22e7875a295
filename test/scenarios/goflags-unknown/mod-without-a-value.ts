import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: '-mod without its value',
  on: ['1.26.0'],
  drift: sets({ GOFLAGS: '-mod' }),
  go: { run: 'go build ./...', exit: 2, says: /flag needs an argument: -mod/ },
  finds: [{ rule: 'goflags-unknown' }],
  repair: unsets('GOFLAGS'),
};
