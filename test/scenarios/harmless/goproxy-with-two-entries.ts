import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOPROXY with two entries',
  on: ['1.26.0'],
  world: sets({ GOPROXY: 'https://proxy.example.com|direct' }),
};
