import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'an older go line',
  on: ['1.21.13', '1.24.13', '1.26.0', '1.27.0', '1.27.4'],
};
