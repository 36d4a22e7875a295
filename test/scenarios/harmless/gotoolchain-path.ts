import type { Harmless } from '../scenario.ts';
import { gomod, linkOnPath } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOTOOLCHAIN=path and the named go on PATH',
  on: ['1.26.0'],
  files: gomod('go 1.27.0'),
  world: (site) => {
    linkOnPath(site, '1.27.0');
    site.env.GOTOOLCHAIN = 'path';
  },
};
