import type { Harmless } from '../scenario.ts';
import { bin, sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'CGO_ENABLED=0 and no compiler',
  on: ['1.26.0'],
  world: sets({ CGO_ENABLED: '0', PATH: bin('1.26.0') }),
};
