import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'CC with arguments',
  on: ['1.26.0'],
  world: sets({ CC: 'gcc -m64' }),
};
