import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOAUTH that ends in a semicolon',
  on: ['1.24.13', '1.27.4'],
  drift: sets({ GOAUTH: 'netrc;' }),
  go: {
    run: 'GOPROXY=https://127.0.0.1:1 GONOSUMDB=* go mod download example.com/thing@v1.0.0',
    exit: 1,
    says: /GOAUTH encountered an empty command/,
  },
  finds: [{ rule: 'env-invalid', level: 'minor', key: 'env.GOAUTH' }],
  repair: unsets('GOAUTH'),
  healed: { exit: 1, says: /connection refused/ },
};
