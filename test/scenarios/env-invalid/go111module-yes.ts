import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GO111MODULE=yes',
  on: ['1.27.4', '1.21.13'],
  drift: sets({ GO111MODULE: 'yes' }),
  go: { run: 'go build ./...', exit: 1, says: /unknown environment setting GO111MODULE=yes/ },
  finds: [{ rule: 'env-invalid' }],
  repair: unsets('GO111MODULE'),
};
