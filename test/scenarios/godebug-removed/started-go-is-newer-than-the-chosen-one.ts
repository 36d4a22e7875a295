import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { linkOnPath, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'a removed setting, and GOTOOLCHAIN names a go that would pass over it',
  on: ['1.27.4'],
  world: (site) => {
    linkOnPath(site, '1.26.0');
    sets({ GOTOOLCHAIN: 'go1.26.0' })(site);
  },
  baseline: 'accepted',
  drift: sets({ GODEBUG: 'x509sha1=1' }),
  go: { run: 'go version', exit: 2, says: /fatal error: removed GODEBUG "x509sha1"/ },
  finds: [
    { rule: 'godebug-removed', level: 'major' },
    { rule: 'added', kind: 'drift', level: 'minor', key: 'env.GODEBUG' },
  ],
  repair: unsets('GODEBUG'),
  healed: { says: /go1\.26\.0/ },
};
