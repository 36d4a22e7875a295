import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOTOOLCHAIN of the process is no toolchain',
  on: ['1.26.0'],
  drift: sets({ GOTOOLCHAIN: 'junk' }),
  go: { run: 'go version', exit: 1, says: /invalid GOTOOLCHAIN "junk"/ },
  finds: [{ rule: 'toolchain-not-installed' }],
  repair: unsets('GOTOOLCHAIN'),
};
