import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOCACHEPROG with a quote that nothing closes',
  on: ['1.27.4'],
  drift: sets({ GOCACHEPROG: '"/opt/remote cache' }),
  go: { run: 'go build ./...', exit: 1, says: /GOCACHEPROG args: unterminated " string/ },
  finds: [{ rule: 'env-invalid', key: 'env.GOCACHEPROG' }],
  repair: unsets('GOCACHEPROG'),
};
