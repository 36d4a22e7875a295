import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { forget, needModule, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GONOSUMDB=*',
  on: ['1.26.0'],
  world: (site) => {
    needModule(site, 'github.com/someone/thing');
    site.env.GONOPROXY = 'none';
  },
  drift: sets({ GONOSUMDB: '*' }),
  go: { run: 'go list -mod=mod -m all', says: /github\.com\/someone\/thing v1\.0\.0/ },
  finds: [{ rule: 'sumdb-disabled' }],
  repair: byHand(/narrow GONOSUMDB/, (site) => {
    site.env.GONOSUMDB = 'corp.example.com';
    forget(site);
  }),
  healed: { exit: 1, says: /verifying/ },
};
