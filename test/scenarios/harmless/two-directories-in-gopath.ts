import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'two directories in GOPATH',
  on: ['1.26.0'],
  world: (site) => sets({ GOPATH: `${site.home}/a:${site.home}/b` })(site),
};
