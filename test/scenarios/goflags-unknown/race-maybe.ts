import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: '-race=maybe, a value that is none',
  on: ['1.26.0'],
  drift: sets({ GOFLAGS: '-race=maybe' }),
  go: { run: 'go build ./...', exit: 2, says: /invalid boolean value "maybe" for flag -race/ },
  finds: [{ rule: 'goflags-unknown' }],
  repair: unsets('GOFLAGS'),
};
