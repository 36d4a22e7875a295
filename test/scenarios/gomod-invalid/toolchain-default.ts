import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'the documented line "toolchain default", which every build wants away',
  source: 'golang/go#73127',
  on: ['1.27.4', '1.24.13', '1.21.13'],
  drift: (site) => site.write('go.mod', 'module example.com/app\n\ngo 1.21\n\ntoolchain default\n'),
  go: { run: 'go build ./...', exit: 1, says: /updates to go\.mod needed/ },
  finds: [{ rule: 'gomod-invalid', says: /go\.mod:5: .*toolchain default/ }],
  repair: inShell(/as (go mod edit -toolchain=none) does/),
};
