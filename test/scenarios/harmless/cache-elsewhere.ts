import { join } from 'node:path';
import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOCACHE on another disk',
  on: ['1.26.0'],
  change: (site) => sets({ GOCACHE: join(site.home, 'fast/go-build') })(site),
};
