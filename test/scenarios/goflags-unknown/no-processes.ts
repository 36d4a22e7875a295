import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: '-p=0',
  on: ['1.24.13'],
  drift: sets({ GOFLAGS: '-p=0' }),
  go: { run: 'go build ./...', exit: 1, says: /-p must be a positive integer/ },
  finds: [{ rule: 'goflags-unknown' }],
  repair: unsets('GOFLAGS'),
};
