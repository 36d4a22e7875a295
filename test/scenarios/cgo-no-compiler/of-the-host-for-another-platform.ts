import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { cgo, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'CGO_ENABLED=1 for arm64, and the C compiler is that of the host',
  on: ['1.26.0'],
  files: cgo,
  world: sets({ GOARCH: 'arm64' }),
  drift: sets({ CGO_ENABLED: '1' }),
  go: { run: 'go list -compiled ./...', exit: 1, says: /Error: |unrecognized|invalid/ },
  finds: [{ rule: 'cgo-no-compiler', says: /does not build for linux\/arm64/ }],
  repair: inShell(/or (unset CGO_ENABLED) \(by hand: other files of \S+ would be built/),
};
