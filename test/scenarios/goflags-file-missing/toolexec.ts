import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'a toolexec wrapper that was uninstalled',
  on: ['1.27.4'],
  drift: sets({ GOFLAGS: "'-toolexec=/opt/gone/wrap -v'" }),
  go: { run: 'go build ./...', exit: 1, says: /\/opt\/gone\/wrap: no such file or directory/ },
  finds: [{ rule: 'goflags-file-missing' }],
  repair: unsets('GOFLAGS'),
};
