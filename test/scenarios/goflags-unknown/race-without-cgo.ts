import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: '-race left in GOFLAGS, and cgo switched off',
  on: ['1.27.4', '1.21.13'],
  world: sets({ GOFLAGS: '-race' }),
  drift: sets({ CGO_ENABLED: '0' }),
  go: { run: 'go vet -n ./... && go build -n ./...', exit: 2, says: /-race requires cgo/ },
  finds: [{ rule: 'goflags-unknown' }],
  repair: unsets('GOFLAGS'),
};
