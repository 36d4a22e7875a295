import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'the token in GOPROXY is another one: that is told, and neither token',
  on: ['1.26.0'],
  baseline: 'accepted',
  world: sets({ GOPROXY: 'https://ci:old-token@proxy.example.com,off' }),
  drift: sets({ GOPROXY: 'https://ci:new-token@proxy.example.com,off' }),
  go: { run: 'go env GOPROXY', says: /new-token/ },
  finds: [
    {
      kind: 'drift',
      rule: 'changed',
      level: 'minor',
      key: 'env.GOPROXY',
      says: /^the hidden part of GOPROXY changed: (?!.*-token)/,
    },
  ],
  repair: byHand(/put back the value of GOPROXY that was there/, (site) =>
    sets({ GOPROXY: 'https://ci:old-token@proxy.example.com,off' })(site),
  ),
};
