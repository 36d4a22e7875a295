import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'CC with a quote that nothing closes stops builds without cgo too',
  on: ['1.27.4'],
  drift: sets({ CC: '"gcc -m64' }),
  go: { run: 'go build ./...', exit: 1, says: /CC environment variable could not be parsed/ },
  finds: [{ rule: 'env-invalid' }],
  repair: unsets('CC'),
};
