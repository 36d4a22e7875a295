import { join } from 'node:path';
import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title:
    'GOPACKAGESDRIVER names a script of the repository that this branch does not have; go itself does not ask for it',
  on: ['1.24.13', '1.27.4'],
  source: 'golang/go#66041',
  drift: (site) => {
    site.env.GOPACKAGESDRIVER = join(site.workspace, 'tools/gopackagesdriver.sh');
  },
  go: { run: 'go build ./...' },
  finds: [
    {
      rule: 'env-invalid',
      key: 'env.GOPACKAGESDRIVER',
      level: 'minor',
      says: /stops gopls, golangci-lint and whatever else loads packages: /,
    },
  ],
  repair: unsets('GOPACKAGESDRIVER'),
};
