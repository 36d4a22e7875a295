import type { Harmless } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOENV is empty for a moment, as while go env -w writes it',
  on: ['1.27.4'],
  change: goenv(''),
};
