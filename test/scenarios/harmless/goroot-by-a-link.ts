import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'GOROOT by a link to the own tree appears',
  on: ['1.27.4'],
  change: (site) => {
    symlinkSync(site.goroot, join(site.home, 'current'));
    site.env.GOROOT = join(site.home, 'current');
    site.first(join(site.home, 'current/bin'));
  },
};
