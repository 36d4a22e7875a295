import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { main, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'plugins without cgo',
  on: ['1.27.4', '1.24.13'],
  files: main(),
  world: sets({ CGO_ENABLED: '0' }),
  drift: sets({ GOFLAGS: '-buildmode=plugin' }),
  go: {
    run: 'go build -o /dev/null .',
    exit: 1,
    says: /-buildmode=plugin requires external \(cgo\) linking/,
  },
  finds: [{ rule: 'goflags-unknown' }],
  repair: unsets('GOFLAGS'),
};
