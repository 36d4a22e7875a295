import { removesLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Scenario = {
  title: 'the line GOTOOLCHAIN=go1.27',
  on: ['1.26.0'],
  world: goenv('# mine\n'),
  drift: goenv('# mine\nGOTOOLCHAIN=go1.27\n'),
  go: { run: 'go version', exit: 1, says: /language version but not a toolchain version/ },
  finds: [{ rule: 'goenv-invalid' }],
  repair: removesLine(2, 'GOTOOLCHAIN'),
};
