import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GO386 that left with go1.16',
  on: ['1.27.0'],
  world: sets({ GOARCH: '386' }),
  drift: sets({ GO386: '387' }),
  go: { run: 'go build ./...', exit: 1, says: /unsupported setting GO386=387/ },
  finds: [{ rule: 'goarch-level-invalid', level: 'major' }],
  repair: unsets('GO386'),
};
