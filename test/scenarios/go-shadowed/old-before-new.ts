import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin } from '../site.ts';

export const scenario: Scenario = {
  title: 'an old go before a new one on PATH',
  on: ['1.27.4'],
  drift: (site) => site.first(bin('1.26.0')),
  go: { run: 'go version', says: /go1\.26\.0 / },
  finds: [{ rule: 'go-shadowed' }],
  repair: byHand(/move (\S*1\.27\.4\S*) before (\S*1\.26\.0\S*) on PATH/, (site, [, newer = '']) =>
    site.first(newer),
  ),
  healed: { says: /go1\.27\.4 / },
};
