import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sdk, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOROOT of the old version left in the shell',
  on: ['1.27.4'],
  drift: sets({ GOROOT: sdk('1.26.0').goroot }),
  go: { run: 'go build ./...', exit: 1, says: /does not match go tool version/ },
  finds: [{ rule: 'goroot-mismatch' }],
  repair: unsets('GOROOT'),
  source: 'golang/go#34214',
};
