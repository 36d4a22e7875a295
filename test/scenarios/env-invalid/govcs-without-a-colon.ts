import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOVCS=git, a list of programs without the modules that they are for',
  on: ['1.27.4', '1.21.13'],
  drift: sets({ GOVCS: 'git' }),
  go: {
    run: 'GOPROXY=direct GONOSUMDB=* go mod download 127.0.0.1/thing.git@v1.0.0',
    exit: 1,
    says: /malformed entry in GOVCS \(missing colon\)/,
  },
  finds: [{ rule: 'env-invalid', level: 'minor', key: 'env.GOVCS' }],
  repair: unsets('GOVCS'),
  healed: { exit: 1 },
};
