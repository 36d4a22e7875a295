import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'tls3des=1 under go1.27, a program built by itself',
  on: ['1.27.4'],
  drift: sets({ GODEBUG: 'tls3des=1' }),
  go: { run: 'go version', exit: 2, says: /fatal error: removed GODEBUG "tls3des" set to old value "1"/ },
  finds: [{ rule: 'godebug-removed', level: 'major' }],
  repair: unsets('GODEBUG'),
};
