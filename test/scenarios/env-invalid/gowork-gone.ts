import { join } from 'node:path';
import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOWORK names a go.work that was deleted',
  on: ['1.27.4'],
  drift: (site) => sets({ GOWORK: join(site.home, 'go.work') })(site),
  go: { run: 'go build ./...', exit: 1, says: /reading go\.work: open .*: no such file or directory/ },
  finds: [{ rule: 'env-invalid' }],
  repair: unsets('GOWORK'),
};
