import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'a service without HOME, where GOCACHE has no place',
  on: ['1.27.4', '1.21.13'],
  world: sets({ GOCACHE: '' }),
  drift: (site) => {
    delete site.env.HOME;
  },
  go: { run: 'go build ./...', exit: 1, says: /neither \$XDG_CACHE_HOME nor \$HOME are defined/ },
  finds: [{ rule: 'env-invalid' }],
  repair: byHand(/export (HOME), or GOCACHE/, (site, [, name]) =>
    sets({ [name as string]: site.home })(site),
  ),
};
