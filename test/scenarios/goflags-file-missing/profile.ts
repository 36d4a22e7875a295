import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { main, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'a profile for the compiler that is gone',
  on: ['1.27.4'],
  files: main(),
  drift: sets({ GOFLAGS: '-pgo=/opt/gone/cpu.pprof' }),
  go: { run: 'go build -o /dev/null .', exit: 1, says: /\/opt\/gone\/cpu\.pprof/ },
  finds: [{ rule: 'goflags-file-missing' }],
  repair: unsets('GOFLAGS'),
};
