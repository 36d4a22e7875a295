import { rollsBack } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a Makefile ran go env -w',
  on: ['1.27.4'],
  baseline: 'accepted',
  drift: async (site) => {
    await site.shell('go env -w GOFLAGS=-tags=integration');
  },
  go: { run: 'go env GOFLAGS', says: /^-tags=integration$/ },
  finds: [{ kind: 'drift', rule: 'added', level: 'minor', key: 'env.GOFLAGS' }],
  repair: rollsBack(/remove the file, which did not exist/),
  healed: { says: /^$/ },
  source: 'kserve/kserve#4079',
};
