import { removesLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'a level in GOENV, which the compiler refuses',
  on: ['1.24.13'],
  world: sets({ GOARCH: 'ppc64le' }),
  drift: goenv('GOPPC64=power7\n'),
  go: { run: 'go build ./...', exit: 1, says: /invalid GOPPC64/ },
  finds: [{ rule: 'goarch-level-invalid', level: 'major' }],
  repair: removesLine(1, 'GOPPC64'),
};
