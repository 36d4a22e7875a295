import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'an overlay that names a file which is gone',
  on: ['1.27.4', '1.21.13'],
  files: { 'overlay.json': '{"Replace":{"app.go":"generated.go"}}' },
  drift: sets({ GOFLAGS: '-overlay=overlay.json' }),
  go: { run: 'go build .', exit: 1, says: /generated\.go: no such file or directory/ },
  finds: [{ rule: 'goflags-file-missing', says: /package of \S+app\.go fails/ }],
  repair: unsets('GOFLAGS'),
};
