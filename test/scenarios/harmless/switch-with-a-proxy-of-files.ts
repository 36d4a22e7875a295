import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Harmless } from '../scenario.ts';
import { cacheToolchain, gomod, sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'a switch to a cached toolchain: a lone proxy of files needs no database',
  on: ['1.26.0'],
  files: gomod('go 1.27.0'),
  world: (site) => {
    cacheToolchain(site, '1.27.0');
    mkdirSync(join(site.home, 'proxy'));
    sets({ GOPROXY: `file://${join(site.home, 'proxy')}`, GOSUMDB: 'off' })(site);
  },
  but: ['sumdb-disabled'],
};
