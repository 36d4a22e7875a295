import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'a toolexec wrapper that is looked for on PATH and not there',
  on: ['1.27.4', '1.21.13'],
  drift: sets({ GOFLAGS: '-toolexec=wrap-that-is-gone' }),
  go: { run: 'go build ./...', exit: 1, says: /executable file not found/ },
  finds: [{ rule: 'goflags-file-missing', says: /PATH has no wrap-that-is-gone/ }],
  repair: unsets('GOFLAGS'),
};
