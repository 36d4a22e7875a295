import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'linux/sparc64, which is listed and which no compiler knows',
  on: ['1.27.4'],
  drift: sets({ GOARCH: 'sparc64' }),
  go: { run: 'go build ./...', exit: 1, says: /unknown architecture "sparc64"/ },
  finds: [{ rule: 'goos-goarch-unsupported' }],
  repair: unsets('GOARCH'),
};
