import { removesLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv, sdk } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOROOT of the old version in GOENV',
  on: ['1.26.0'],
  drift: goenv(`GOROOT=${sdk('1.21.13').goroot}\n`),
  go: { run: 'go build ./...', exit: 1, says: /does not match go tool version/ },
  finds: [{ rule: 'goroot-mismatch' }],
  repair: removesLine(1, 'GOROOT'),
};
