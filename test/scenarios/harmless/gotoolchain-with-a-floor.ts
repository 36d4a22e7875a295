import type { Harmless } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOTOOLCHAIN with a floor',
  on: ['1.26.0'],
  world: goenv('GOTOOLCHAIN=go1.26.0+auto\n'),
};
