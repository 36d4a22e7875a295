import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOAMD64 that newer ones take without a word',
  on: ['1.24.13', '1.27.4'],
  drift: sets({ GOAMD64: 'v9' }),
  go: { run: 'go env GOAMD64', says: /^v9$/ },
  finds: [{ rule: 'goarch-level-invalid', level: 'minor' }],
  repair: unsets('GOAMD64'),
  healed: { says: /^v1$/ },
};
