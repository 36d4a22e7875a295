import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'a relative XDG_CACHE_HOME, below which go makes no build cache',
  on: ['1.27.4'],
  world: sets({ GOCACHE: '' }),
  drift: sets({ XDG_CACHE_HOME: 'cache' }),
  go: { run: 'go build ./...', exit: 1, says: /path in \$XDG_CACHE_HOME is relative/ },
  finds: [{ rule: 'env-invalid', key: 'env.GOCACHE', says: /path in \$XDG_CACHE_HOME is relative/ }],
  repair: byHand(/export XDG_CACHE_HOME as an absolute path/, (site) =>
    sets({ XDG_CACHE_HOME: `${site.home}/cache` })(site),
  ),
};
