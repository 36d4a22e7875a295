import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOFLAGS=-trimpath',
  on: ['1.24.13'],
  world: sets({ GOFLAGS: '-trimpath' }),
};
