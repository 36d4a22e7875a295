import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title:
    'GODEBUG=fips140=true: the words are on, only, debug and off, and every program of Go stops at another one',
  on: ['1.24.13', '1.27.4'],
  drift: sets({ GODEBUG: 'fips140=true' }),
  go: { run: 'go version', exit: 2, says: /fips140: unknown GODEBUG setting/ },
  finds: [{ rule: 'env-invalid', key: 'env.GODEBUG', level: 'major' }],
  repair: unsets('GODEBUG'),
};
