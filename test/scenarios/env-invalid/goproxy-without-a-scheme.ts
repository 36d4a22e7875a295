import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOPROXY=of, a slip of the pen for off',
  on: ['1.27.4'],
  files: { 'go.mod': 'module example.com/app\n\ngo 1.21\n' },
  world: sets({ GOPROXY: 'off' }),
  drift: sets({ GOPROXY: 'of' }),
  go: { run: 'go list -m example.com/thing@latest', exit: 1, says: /invalid proxy URL missing scheme/ },
  finds: [{ rule: 'env-invalid', level: 'minor' }],
  repair: unsets('GOPROXY'),
  healed: { exit: 1, says: /module lookup disabled by GOPROXY=off/ },
};
