import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'an experiment of this go',
  on: ['1.26.0'],
  world: sets({ GOEXPERIMENT: 'nogreenteagc' }),
};
