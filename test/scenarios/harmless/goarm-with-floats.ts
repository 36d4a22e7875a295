import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOARM=7,hardfloat',
  on: ['1.26.0'],
  world: sets({ GOARCH: 'arm', GOARM: '7,hardfloat' }),
};
