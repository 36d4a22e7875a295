import type { Harmless } from '../scenario.ts';
import { cacheToolchain, gomod, sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOROOT in the process, overridden by a switch to a cached toolchain',
  on: ['1.26.0'],
  files: gomod('go 1.27.0'),
  world: (site) => {
    cacheToolchain(site, '1.27.0');
    sets({ GOROOT: site.goroot, GOPROXY: `file://${site.home}`, GOSUMDB: 'off' })(site);
  },
  but: ['sumdb-disabled'],
};
