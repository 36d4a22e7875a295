import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOAMD64 that go1.21 refuses',
  on: ['1.21.13'],
  drift: sets({ GOAMD64: 'v9' }),
  go: { run: 'go build ./...', exit: 2, says: /invalid GOAMD64/ },
  finds: [{ rule: 'goarch-level-invalid', level: 'major' }],
  repair: unsets('GOAMD64'),
};
