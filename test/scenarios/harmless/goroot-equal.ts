import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOROOT equal to the own tree appears',
  on: ['1.26.0'],
  change: (site) => sets({ GOROOT: site.goroot })(site),
};
