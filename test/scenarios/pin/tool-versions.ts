import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin } from '../site.ts';

export const scenario: Scenario = {
  title: '.tool-versions names none that is here',
  on: ['1.27.4'],
  files: { '.tool-versions': 'nodejs 20.20.2\ngolang 1.27.4 1.26.0\n' },
  drift: (site) => {
    site.env.PATH = `${bin('1.24.13')}:/usr/bin:/bin`;
  },
  go: { run: 'go version', says: /go1\.24\.13 / },
  finds: [{ kind: 'pin', rule: 'pin-tool-versions', level: 'minor' }],
  repair: byHand(/^put a go1\.27\.4 first on PATH/, (site) => site.first(bin('1.27.4'))),
};
