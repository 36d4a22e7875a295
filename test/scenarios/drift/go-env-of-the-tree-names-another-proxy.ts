import { rollsBack } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goEnvLine } from '../site.ts';

export const scenario: Scenario = {
  title: 'go.env of the tree names another proxy than it did when the baseline was accepted',
  on: ['1.27.4', '1.21.13'],
  clone: { at: 'sdk/go' },
  baseline: 'accepted',
  drift: (site) => goEnvLine(site, 'GOPROXY', 'http://127.0.0.1:1'),
  go: { run: 'env -u GOPROXY go env GOPROXY', says: /^http:\/\/127\.0\.0\.1:1$/ },
  finds: [{ kind: 'drift', rule: 'changed', level: 'minor', key: 'env.GOPROXY' }],
  repair: rollsBack(/restore the target of the link/),
  healed: { says: /^https:/ },
};
