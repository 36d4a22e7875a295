import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { forget, needModule, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOSUMDB=off: an unknown module is taken unseen',
  on: ['1.26.0'],
  world: (site) => {
    needModule(site, 'github.com/someone/thing');
    site.env.GONOPROXY = 'none';
  },
  drift: sets({ GOSUMDB: 'off' }),
  go: { run: 'go list -mod=mod -m all', says: /github\.com\/someone\/thing v1\.0\.0/ },
  finds: [{ rule: 'sumdb-disabled' }],
  repair: byHand(/^unset GOSUMDB/, (site) => {
    delete site.env.GOSUMDB;
    forget(site);
  }),
  healed: { exit: 1, says: /verifying/ },
};
