import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: '-buildvcs=no, which is no word of it',
  on: ['1.27.4'],
  drift: sets({ GOFLAGS: '-buildvcs=no' }),
  go: { run: 'go build ./...', exit: 2, says: /invalid boolean value "no" for flag -buildvcs/ },
  finds: [{ rule: 'goflags-unknown' }],
  repair: unsets('GOFLAGS'),
};
