import { join } from 'node:path';
import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOBIN and GOTMPDIR of a person appear',
  on: ['1.26.0'],
  change: (site) => sets({ GOBIN: join(site.home, 'bin'), GOTMPDIR: site.home })(site),
};
