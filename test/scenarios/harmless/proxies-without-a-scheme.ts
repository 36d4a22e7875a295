import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOPROXY with a host alone, and words after direct',
  on: ['1.26.0'],
  world: sets({ GOPROXY: 'proxy.example.com, direct,junk' }),
};
