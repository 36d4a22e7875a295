import type { Harmless } from '../scenario.ts';
import { bin, sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'no compiler on PATH',
  on: ['1.27.4'],
  world: sets({ PATH: bin('1.27.4') }),
};
