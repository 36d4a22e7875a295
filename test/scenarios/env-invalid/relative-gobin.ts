import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { main, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'a relative GOBIN',
  on: ['1.27.4'],
  files: main(),
  drift: sets({ GOBIN: 'bin' }),
  go: { run: 'go install .', exit: 1, says: /GOBIN must be an absolute path/ },
  finds: [{ rule: 'env-invalid', level: 'minor' }],
  repair: unsets('GOBIN'),
};
