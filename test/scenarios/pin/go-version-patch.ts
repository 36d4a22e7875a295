import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin } from '../site.ts';

export const scenario: Scenario = {
  title: '.go-version names another patch release',
  on: ['1.27.0'],
  files: { '.go-version': '1.27\n' },
  drift: (site) => site.write('.go-version', '1.27.4\n'),
  go: { run: 'go version', says: /go1\.27\.0 / },
  finds: [{ kind: 'pin', rule: 'pin-go-version', level: 'patch' }],
  repair: byHand(/^put a go1\.27\.4 first on PATH/, (site) => site.first(bin('1.27.4'))),
};
