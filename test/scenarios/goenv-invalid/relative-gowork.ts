import { removesLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Scenario = {
  title: 'the line GOWORK=go.work',
  on: ['1.26.0'],
  world: goenv('# mine\n'),
  drift: goenv('# mine\nGOWORK=go.work\n'),
  go: { run: 'go build ./...', exit: 1, says: /invalid GOWORK: not an absolute path/ },
  finds: [{ rule: 'goenv-invalid' }],
  repair: removesLine(2, 'GOWORK'),
};
