import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'a memory limit in the words of Kubernetes or Docker',
  on: ['1.27.4', '1.21.13'],
  drift: sets({ GOMEMLIMIT: '512M' }),
  go: { run: 'go version', exit: 2, says: /malformed GOMEMLIMIT/ },
  finds: [{ rule: 'env-invalid', says: /GOMEMLIMIT=512M stops go/ }],
  repair: unsets('GOMEMLIMIT'),
};
