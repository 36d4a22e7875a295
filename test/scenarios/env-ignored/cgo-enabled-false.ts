import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'CGO_ENABLED=false leaves cgo on',
  on: ['1.27.4', '1.21.13'],
  drift: sets({ CGO_ENABLED: 'false' }),
  go: { run: 'go env CGO_ENABLED', says: /^1$/ },
  finds: [{ rule: 'env-ignored' }],
  repair: byHand(/set CGO_ENABLED to (0) or 1/, (site, [, value]) =>
    sets({ CGO_ENABLED: value as string })(site),
  ),
  healed: { says: /^[01]$/ },
};
