import { removesLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'a relative GOCACHE',
  on: ['1.27.4'],
  world: sets({ GOCACHE: '' }),
  drift: goenv('GOCACHE=cache\n'),
  go: { run: 'go build ./...', exit: 1, says: /GOCACHE is not an absolute path/ },
  finds: [{ rule: 'goenv-invalid', says: /GOCACHE is not an absolute path/ }],
  repair: removesLine(1, 'GOCACHE'),
};
