import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin, cgo, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'CGO_ENABLED=1 and no compiler on PATH',
  on: ['1.26.0'],
  files: cgo,
  world: sets({ CGO_ENABLED: '1' }),
  drift: (site) => sets({ PATH: bin('1.26.0') })(site),
  go: { run: 'go list -compiled ./...', exit: 1, says: /C compiler "gcc" not found/ },
  finds: [{ rule: 'cgo-no-compiler' }],
  repair: inShell(/or (unset CGO_ENABLED)$/),
};
