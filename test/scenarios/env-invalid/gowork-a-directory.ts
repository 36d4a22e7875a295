import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOWORK names the directory of the workspace',
  on: ['1.27.4', '1.21.13'],
  drift: (site) => sets({ GOWORK: site.workspace })(site),
  go: { run: 'go build ./...', exit: 1, says: /is a directory/ },
  finds: [{ rule: 'env-invalid', key: 'env.GOWORK' }],
  repair: unsets('GOWORK'),
};
