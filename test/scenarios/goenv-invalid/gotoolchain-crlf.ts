import { removesLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Scenario = {
  title: 'the line GOTOOLCHAIN=local and a carriage return',
  on: ['1.26.0'],
  world: goenv('# mine\n'),
  drift: goenv('# mine\nGOTOOLCHAIN=local\r\n'),
  go: { run: 'go version', exit: 1, says: /invalid GOTOOLCHAIN "local\\r"/ },
  finds: [{ rule: 'goenv-invalid' }],
  repair: removesLine(2, 'GOTOOLCHAIN'),
};
