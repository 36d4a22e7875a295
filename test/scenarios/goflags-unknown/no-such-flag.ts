import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'a flag that no command has',
  on: ['1.27.4'],
  drift: sets({ GOFLAGS: '-tags=a -nosuch' }),
  go: { run: 'go build ./...', exit: 1, says: /parsing \$GOFLAGS: unknown flag -nosuch/ },
  finds: [{ rule: 'goflags-unknown' }],
  repair: inShell(/^(export GOFLAGS=-tags=a), without -nosuch/),
};
