import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'an experiment of an older go',
  on: ['1.21.13'],
  world: sets({ GOEXPERIMENT: 'loopvar' }),
};
