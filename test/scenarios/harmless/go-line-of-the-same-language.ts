import type { Harmless } from '../scenario.ts';
import { gomod } from '../site.ts';

export const scenario: Harmless = {
  title: 'a go line of the same language, a newer patch runs',
  on: ['1.27.4'],
  files: gomod('go 1.27.0'),
};
