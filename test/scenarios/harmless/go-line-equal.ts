import type { Harmless } from '../scenario.ts';
import { gomod } from '../site.ts';

export const scenario: Harmless = {
  title: 'a go line equal to the go',
  on: ['1.26.0'],
  files: gomod('go 1.26.0'),
};
