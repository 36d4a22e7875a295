import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'GO111MODULE=auto in a module',
  on: ['1.26.0'],
  world: sets({ GO111MODULE: 'auto' }),
};
