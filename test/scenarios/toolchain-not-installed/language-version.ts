import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOTOOLCHAIN of the process is a language version',
  on: ['1.26.0'],
  drift: sets({ GOTOOLCHAIN: 'go1.27' }),
  go: { run: 'go version', exit: 1, says: /language version but not a toolchain version/ },
  finds: [{ rule: 'toolchain-not-installed' }],
  repair: unsets('GOTOOLCHAIN'),
};
