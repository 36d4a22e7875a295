import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'gccgo as the compiler, and it is not installed',
  on: ['1.27.4', '1.21.13'],
  drift: sets({ GOFLAGS: '-compiler=gccgo' }),
  go: { run: 'go build ./...', exit: 2, says: /gccgo.*executable file not found/ },
  finds: [{ rule: 'goflags-file-missing', says: /PATH has no gccgo/ }],
  repair: unsets('GOFLAGS'),
};
