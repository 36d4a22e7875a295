import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: '-p=many, a value that is none',
  on: ['1.26.0'],
  drift: sets({ GOFLAGS: '-p=many' }),
  go: { run: 'go build ./...', exit: 2, says: /invalid value "many" for flag -p/ },
  finds: [{ rule: 'goflags-unknown' }],
  repair: unsets('GOFLAGS'),
};
