import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { cgo, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'CC starts by env a compiler that is not there',
  on: ['1.26.0'],
  files: cgo,
  drift: sets({ CC: 'env LC_ALL=C nosuch-cc' }),
  go: { run: 'go build ./...', exit: 1, says: /nosuch-cc.*No such file/ },
  finds: [{ rule: 'cgo-no-compiler' }],
  repair: inShell(/or (unset CC)$/),
};
