import { removesLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'the process environment wins',
  on: ['1.21.13', '1.27.4'],
  world: sets({ GOPRIVATE: 'other.example.com' }),
  drift: goenv('GOPRIVATE=corp.example.com\n'),
  go: { run: 'go env GOPRIVATE', says: /^other\.example\.com$/ },
  finds: [{ rule: 'goenv-ignored' }],
  repair: removesLine(1, 'GOPRIVATE'),
  healed: { says: /^other\.example\.com$/ },
};
