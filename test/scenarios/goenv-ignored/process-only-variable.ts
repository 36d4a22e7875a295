import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Scenario = {
  title: 'a variable that counts in the process environment only',
  on: ['1.26.0'],
  drift: goenv('GODEBUG=toolchaintrace=1\n'),
  go: { run: 'go version', says: /^go version/ },
  finds: [{ rule: 'goenv-ignored' }],
  repair: byHand(/export (GODEBUG) in the shell and remove the line/, (site) => {
    site.goenv('');
    site.env.GODEBUG = 'toolchaintrace=1';
  }),
  healed: { says: /go version/ },
};
