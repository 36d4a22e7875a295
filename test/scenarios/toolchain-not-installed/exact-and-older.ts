import { removesLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOTOOLCHAIN in GOENV names an older one that is gone',
  on: ['1.27.4'],
  world: sets({ GOPROXY: 'off' }),
  drift: goenv('GOTOOLCHAIN=go1.25.1\n'),
  go: { run: 'go build ./...', exit: 1, says: /toolchain not available/ },
  finds: [{ rule: 'toolchain-not-installed' }],
  repair: removesLine(1, 'GOTOOLCHAIN'),
};
