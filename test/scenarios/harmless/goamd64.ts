import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOAMD64=v3',
  on: ['1.26.0'],
  world: sets({ GOAMD64: 'v3' }),
};
