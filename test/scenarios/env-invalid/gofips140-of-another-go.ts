import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOFIPS140=certified, which older ones do not have yet',
  on: ['1.26.0'],
  drift: sets({ GOFIPS140: 'certified' }),
  go: { run: 'go build ./...', exit: 1, says: /unknown GOFIPS140 version "certified"/ },
  finds: [{ rule: 'env-invalid' }],
  repair: unsets('GOFIPS140'),
};
