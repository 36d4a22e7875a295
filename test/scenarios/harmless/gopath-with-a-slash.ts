import { join } from 'node:path';
import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOPATH with a slash at its end',
  on: ['1.26.0'],
  change: (site) => sets({ GOPATH: `${join(site.home, 'go')}/` })(site),
};
