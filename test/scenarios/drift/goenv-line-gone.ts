import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { rollsBack } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Scenario = {
  title: 'the GOENV file was deleted, and GOPRIVATE with it',
  on: ['1.27.4'],
  baseline: 'accepted',
  world: goenv('GOPRIVATE=corp.example.com\n'),
  drift: (site) => unlinkSync(join(site.home, '.config/go/env')),
  go: { run: 'go env GOPRIVATE', says: /^$/ },
  finds: [{ kind: 'drift', rule: 'removed', level: 'minor', key: 'env.GOPRIVATE' }],
  repair: rollsBack(/write the approved content/),
  healed: { says: /^corp\.example\.com$/ },
};
