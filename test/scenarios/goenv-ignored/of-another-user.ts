import { chmodSync, chownSync } from 'node:fs';
import { join } from 'node:path';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Scenario = {
  title: 'a GOENV file that sudo left behind: go cannot read it and says nothing',
  on: ['1.26.0'],
  uid: 65534,
  world: goenv('GOPRIVATE=corp.example.com\n'),
  drift: (site) => {
    chmodSync(join(site.home, '.config/go/env'), 0o600);
    chownSync(join(site.home, '.config/go/env'), 0, 0);
  },
  go: { run: 'go env GOPRIVATE', says: /^$/ },
  finds: [{ rule: 'goenv-ignored', says: /cannot be read/ }],
  repair: byHand(/make (\S+) a file that the user may read/, (_, [, file = '']) => chmodSync(file, 0o644)),
  healed: { says: /^corp\.example\.com$/ },
};
