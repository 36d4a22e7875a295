import { removesLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Scenario = {
  title: 'the line GO111MODULE=yes',
  on: ['1.26.0'],
  world: goenv('# mine\n'),
  drift: goenv('# mine\nGO111MODULE=yes\n'),
  go: { run: 'go build ./...', exit: 1, says: /unknown environment setting GO111MODULE=yes/ },
  finds: [{ rule: 'goenv-invalid' }],
  repair: removesLine(2, 'GO111MODULE'),
};
