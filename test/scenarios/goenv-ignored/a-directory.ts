import { join } from 'node:path';
import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOENV names a directory: go reads nothing and says nothing',
  on: ['1.27.4'],
  drift: (site) => sets({ GOENV: join(site.home, 'src') })(site),
  go: { run: 'go build ./...', says: /^$/ },
  finds: [{ rule: 'goenv-ignored', says: /cannot be read/ }],
  repair: unsets('GOENV'),
};
