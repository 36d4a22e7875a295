import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Harmless } from '../scenario.ts';
import { sdk } from '../site.ts';

export const scenario: Harmless = {
  title: 'a copy of bin/go with GOROOT',
  on: ['1.26.0'],
  world: (site) => {
    mkdirSync(join(site.home, 'bin'));
    copyFileSync(sdk('1.26.0').go, join(site.home, 'bin/go'));
    site.env.GOROOT = site.goroot;
    site.env.PATH = `${join(site.home, 'bin')}:/usr/bin:/bin`;
  },
};
