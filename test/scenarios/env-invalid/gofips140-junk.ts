import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOFIPS140=on, a word that it does not take',
  on: ['1.24.13', '1.27.4'],
  drift: sets({ GOFIPS140: 'on' }),
  go: { run: 'go build ./...', exit: 2, says: /invalid GOFIPS140/ },
  finds: [{ rule: 'env-invalid' }],
  repair: unsets('GOFIPS140'),
};
