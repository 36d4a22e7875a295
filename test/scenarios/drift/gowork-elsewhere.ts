import { join } from 'node:path';
import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { put } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOWORK of another project left in the shell',
  on: ['1.27.4'],
  files: { 'go.work': 'go 1.21\n\nuse .\n' },
  baseline: 'accepted',
  drift: (site) => {
    put(join(site.home, 'src/go.work'), 'go 1.21\n\nuse ./app\n');
    site.env.GOWORK = join(site.home, 'src/go.work');
  },
  go: { run: 'go env GOWORK', says: /src\/go\.work$/ },
  finds: [{ kind: 'drift', rule: 'added', level: 'minor', key: 'env.GOWORK' }],
  repair: inShell(/^(unset GOWORK) \(or/),
  healed: { says: /app\/go\.work$/ },
};
