import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: '-C, which is refused from there',
  on: ['1.27.4'],
  drift: sets({ GOFLAGS: '-C=/tmp' }),
  go: { run: 'go build ./...', exit: 2, says: /invalid value "\/tmp" for flag -C \(from \$GOFLAGS\)/ },
  finds: [{ rule: 'goflags-unknown' }],
  repair: unsets('GOFLAGS'),
};
