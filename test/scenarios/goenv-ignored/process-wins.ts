import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'the process environment wins',
  on: ['1.21.13', '1.27.4'],
  world: goenv('GOPRIVATE=corp.example.com\n'),
  drift: sets({ GOPRIVATE: 'other.example.com' }),
  go: { run: 'go env GOPRIVATE', says: /^other\.example\.com$/ },
  finds: [{ rule: 'goenv-ignored' }],
  repair: unsets('GOPRIVATE'),
  healed: { says: /^corp\.example\.com$/ },
};
