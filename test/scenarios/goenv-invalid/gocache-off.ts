import { removesLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOCACHE=off',
  on: ['1.27.4'],
  world: sets({ GOCACHE: '' }),
  drift: goenv('GOCACHE=off\n'),
  go: { run: 'go build ./...', exit: 1, says: /build cache is disabled by GOCACHE=off/ },
  finds: [{ rule: 'goenv-invalid' }],
  repair: removesLine(1, 'GOCACHE'),
};
