import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOTMPDIR that belongs to somebody else',
  on: ['1.26.0'],
  uid: 65534,
  drift: sets({ GOTMPDIR: '/usr/lib' }),
  go: { run: 'go build ./...', exit: 1, says: /permission denied/ },
  finds: [{ rule: 'gotmpdir-missing' }],
  repair: inShell(/^(unset GOTMPDIR)$/),
};
