import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'a level of an architecture that is not built, in the process environment',
  on: ['1.26.0'],
  drift: sets({ GOARM64: 'v99' }),
  go: { run: 'go build ./...', exit: 2, says: /invalid GOARM64/ },
  finds: [{ rule: 'goarch-level-invalid', level: 'major' }],
  repair: unsets('GOARM64'),
};
