import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin, cacheToolchain, nobody, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'a switch to a cached toolchain and GOSUMDB=off',
  on: ['1.26.0'],
  world: (site) => {
    cacheToolchain(site, '1.27.0');
    sets({ GOPROXY: nobody })(site);
  },
  drift: (site) => {
    site.write('go.mod', 'module example.com/app\n\ngo 1.27.0\n');
    sets({ GOSUMDB: 'off' })(site);
  },
  go: { run: 'go version', exit: 1, says: /checksum database disabled by GOSUMDB=off/ },
  finds: [
    { rule: 'sumdb-blocks-switch' },
    { rule: 'sumdb-disabled' },
    { kind: 'pin', rule: 'pin-go-mod', level: 'minor' },
  ],
  repair: byHand(/put go1\.27\.0 first on PATH.*unset GOSUMDB/, (site) => site.first(bin('1.27.0'))),
  remains: ['sumdb-disabled'],
  source: 'kyma-project/lifecycle-manager#2296',
};
