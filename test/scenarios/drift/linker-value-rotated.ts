import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'a value for -X in GOFLAGS is another one: it ends in every program, and may be a secret',
  on: ['1.26.0'],
  baseline: 'accepted',
  world: sets({ GOFLAGS: '-ldflags=-X=main.build=101' }),
  drift: sets({ GOFLAGS: '-ldflags=-X=main.build=102' }),
  go: { run: 'go env GOFLAGS', says: /102/ },
  finds: [
    {
      kind: 'drift',
      rule: 'changed',
      level: 'minor',
      key: 'env.GOFLAGS',
      says: /^the hidden part of GOFLAGS changed: (?!.*10[12])/,
    },
  ],
  repair: byHand(/put back the value of GOFLAGS that was there/, (site) =>
    sets({ GOFLAGS: '-ldflags=-X=main.build=101' })(site),
  ),
};
