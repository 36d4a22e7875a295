import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin } from '../site.ts';

export const scenario: Scenario = {
  title: '.go-version is bumped, the machine is not',
  on: ['1.26.0'],
  files: { '.go-version': '1.26.0\n' },
  drift: (site) => site.write('.go-version', 'go1.27.4\r\n'),
  go: { run: 'go version', says: /go1\.26\.0 / },
  finds: [{ kind: 'pin', rule: 'pin-go-version', level: 'minor' }],
  repair: byHand(/^put a go1\.27\.4 first on PATH/, (site) => site.first(bin('1.27.4'))),
};
