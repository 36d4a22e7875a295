import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'a relative GOCACHE in the process environment',
  on: ['1.24.13'],
  drift: sets({ GOCACHE: '.cache' }),
  go: { run: 'go build ./...', exit: 1, says: /GOCACHE is not an absolute path/ },
  finds: [{ rule: 'env-invalid', says: /GOCACHE=\.cache stops go: .*GOCACHE is not an absolute path/ }],
  repair: unsets('GOCACHE'),
};
