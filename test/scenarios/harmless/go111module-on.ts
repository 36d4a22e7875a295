import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'GO111MODULE=on, which is what nothing means, appears',
  on: ['1.26.0'],
  change: sets({ GO111MODULE: 'on' }),
};
