import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { cgo, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'CC starts the compiler by a launcher that was uninstalled',
  on: ['1.26.0'],
  files: cgo,
  drift: sets({ CC: 'no-such-ccache gcc -O1' }),
  go: { run: 'go build ./...', exit: 1, says: /no-such-ccache/ },
  finds: [{ rule: 'cgo-no-compiler' }],
  repair: inShell(/or (unset CC)$/),
};
