import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOTMPDIR that is there',
  on: ['1.26.0'],
  world: (site) => sets({ GOTMPDIR: site.home })(site),
};
