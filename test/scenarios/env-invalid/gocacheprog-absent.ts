import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOCACHEPROG of a build image whose program is not on this machine',
  on: ['1.24.13', '1.27.4'],
  drift: sets({ GOCACHEPROG: '/opt/remote-cache --token abc' }),
  go: { run: 'go build ./...', exit: 1, says: /error starting GOCACHEPROG program "\/opt\/remote-cache"/ },
  finds: [{ rule: 'env-invalid', key: 'env.GOCACHEPROG' }],
  repair: unsets('GOCACHEPROG'),
};
