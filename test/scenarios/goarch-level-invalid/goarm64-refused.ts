import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOARM64 that go1.27 refuses',
  on: ['1.27.4'],
  world: sets({ GOARCH: 'arm64' }),
  drift: sets({ GOARM64: 'v99' }),
  go: { run: 'go build ./...', exit: 2, says: /invalid GOARM64/ },
  finds: [{ rule: 'goarch-level-invalid', level: 'major' }],
  repair: unsets('GOARM64'),
};
