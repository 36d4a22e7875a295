import type { Harmless } from '../scenario.ts';
import { bin } from '../site.ts';

export const scenario: Harmless = {
  title: 'a patch release of Go',
  on: ['1.27.0'],
  change: (site) => {
    site.env.PATH = `${bin('1.27.4')}:/usr/bin:/bin`;
  },
};
