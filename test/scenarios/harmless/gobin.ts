import { join } from 'node:path';
import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOBIN',
  on: ['1.26.0'],
  world: (site) => sets({ GOBIN: join(site.home, 'bin') })(site),
};
