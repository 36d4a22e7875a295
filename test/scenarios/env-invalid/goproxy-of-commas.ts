import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'a list of proxies of which nothing was left but the comma',
  on: ['1.27.4', '1.21.13'],
  world: sets({ GOPROXY: 'off' }),
  drift: sets({ GOPROXY: ',' }),
  go: { run: 'go mod download example.com/nothere@v1.0.0', exit: 1, says: /contains no entries/ },
  finds: [{ rule: 'env-invalid', level: 'minor' }],
  repair: unsets('GOPROXY'),
  healed: { exit: 1, says: /module lookup disabled by GOPROXY=off/ },
};
