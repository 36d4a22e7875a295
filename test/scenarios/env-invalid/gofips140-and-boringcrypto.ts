import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'both of the cryptographic modules at once',
  on: ['1.27.4', '1.24.13'],
  drift: sets({ GOFIPS140: 'latest', GOEXPERIMENT: 'boringcrypto' }),
  go: { run: 'go build ./...', exit: 1, says: /cannot use GOFIPS140 with GOEXPERIMENT=boringcrypto/ },
  finds: [{ rule: 'env-invalid' }],
  repair: unsets('GOFIPS140'),
};
