import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title:
    'a mode of FIPS 140-3 that there is not, after one that there is: the last one counts, and the rest of GODEBUG stays',
  on: ['1.27.4'],
  drift: sets({ GODEBUG: 'fips140=off,panicnil=1,fips140=enforce' }),
  go: { run: 'go version', exit: 2, says: /fips140: unknown GODEBUG setting/ },
  finds: [{ rule: 'env-invalid', key: 'env.GODEBUG', level: 'major' }],
  repair: inShell(/^(export GODEBUG='?panicnil=1'?)(?:,|$)/),
};
