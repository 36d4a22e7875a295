import { removesLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Scenario = {
  title: 'a word that is no flag, in GOENV',
  on: ['1.21.13'],
  drift: goenv('GOFLAGS=mod=vendor\n'),
  go: { run: 'go build ./...', exit: 1, says: /parsing \$GOFLAGS: non-flag "mod=vendor"/ },
  finds: [{ rule: 'goflags-unknown' }],
  repair: removesLine(1, 'GOFLAGS'),
};
