import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'an overlay that was cut off',
  on: ['1.27.4', '1.21.13'],
  files: { 'overlay.json': '{"Replace":{"app.go":' },
  drift: sets({ GOFLAGS: '-overlay=overlay.json' }),
  go: { run: 'go build .', exit: 1, says: /parsing overlay JSON/ },
  finds: [{ rule: 'goflags-file-missing', says: /parsing overlay JSON/ }],
  repair: unsets('GOFLAGS'),
};
