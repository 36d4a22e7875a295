import { removesLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { cacheToolchain, goenv, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOTOOLCHAIN that somebody wrote with go env -w, and a go that was installed since then',
  on: ['1.26.0'],
  world: (site) => {
    cacheToolchain(site, '1.24.13');
    sets({ GOPROXY: `file://${site.home}`, GOSUMDB: 'off' })(site);
  },
  drift: goenv('GOTOOLCHAIN=go1.24.13\n'),
  go: { run: 'go version', says: /go1\.24\.13/ },
  finds: [{ rule: 'toolchain-held-back', key: 'toolchain.version' }],
  repair: removesLine(1, 'GOTOOLCHAIN'),
  healed: { says: /go1\.26\.0/ },
  beside: ['sumdb-disabled'],
  source: 'golang/go#71869',
};
