import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOWORK=off',
  on: ['1.26.0'],
  world: sets({ GOWORK: 'off' }),
};
