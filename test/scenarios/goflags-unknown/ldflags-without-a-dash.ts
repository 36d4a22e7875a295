import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'flags for the linker without their dash',
  on: ['1.27.4', '1.21.13'],
  drift: sets({ GOFLAGS: '-ldflags=w' }),
  go: { run: 'go build ./...', exit: 2, says: /missing =<value> in <pattern>=<value>/ },
  finds: [{ rule: 'goflags-unknown' }],
  repair: unsets('GOFLAGS'),
};
