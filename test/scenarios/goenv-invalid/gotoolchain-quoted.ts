import { removesLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Scenario = {
  title: 'quotes around a value in GOENV belong to the value',
  on: ['1.27.4'],
  drift: goenv('GOTOOLCHAIN="local"\n'),
  go: { run: 'go version', exit: 1, says: /invalid GOTOOLCHAIN/ },
  finds: [{ rule: 'goenv-invalid' }],
  repair: removesLine(1, 'GOTOOLCHAIN'),
};
