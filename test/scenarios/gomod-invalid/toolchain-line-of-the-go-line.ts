import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { gomod } from '../site.ts';

export const scenario: Scenario = {
  title: 'a toolchain line that says the go line once more, as a bot that raises both writes it',
  on: ['1.27.4', '1.24.13', '1.21.13'],
  files: gomod('go 1.21.0', '', 'toolchain go1.21.13'),
  drift: (site) => site.write('go.mod', 'module example.com/app\n\ngo 1.21.13\n\ntoolchain go1.21.13\n'),
  go: { run: 'go build ./...', exit: 1, says: /updates to go\.mod needed/ },
  finds: [{ rule: 'gomod-invalid', says: /go\.mod:5: .*toolchain go1\.21\.13/ }],
  repair: inShell(/as (go mod edit -toolchain=none) does/),
};
