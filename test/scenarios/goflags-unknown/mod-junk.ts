import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: '-mod=junk, a value that is none',
  on: ['1.26.0'],
  drift: sets({ GOFLAGS: '-mod=junk' }),
  go: { run: 'go build ./...', exit: 1, says: /-mod=junk not supported/ },
  finds: [{ rule: 'goflags-unknown' }],
  repair: unsets('GOFLAGS'),
};
