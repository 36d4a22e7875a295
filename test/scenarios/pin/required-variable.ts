import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOPRIVATE, which the workspace requires, is gone',
  on: ['1.27.4'],
  files: { '.godrift.yml': 'required: [GOPRIVATE]\n' },
  world: sets({ GOPRIVATE: 'corp.example.com' }),
  drift: (site) => {
    delete site.env.GOPRIVATE;
  },
  go: { run: 'go env GOPRIVATE', says: /^$/ },
  finds: [{ kind: 'missing', rule: 'required-variable-missing', level: 'minor', key: 'env.GOPRIVATE' }],
  repair: byHand(/^export (GOPRIVATE) /, (site, [, name]) =>
    sets({ [name as string]: 'corp.example.com' })(site),
  ),
  healed: { says: /^corp\.example\.com$/ },
};
