import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOPROXY=off and nothing to fetch',
  on: ['1.26.0'],
  world: sets({ GOPROXY: 'off' }),
};
