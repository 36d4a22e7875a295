import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { cgo, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'CC names nothing',
  on: ['1.26.0'],
  files: cgo,
  drift: sets({ CC: 'nosuch-cc' }),
  go: { run: 'go list -compiled ./...', exit: 1, says: /C compiler "nosuch-cc" not found/ },
  finds: [{ rule: 'cgo-no-compiler' }],
  repair: inShell(/or (unset CC)$/),
};
