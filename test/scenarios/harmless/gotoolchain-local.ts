import type { Harmless } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOTOOLCHAIN=local',
  on: ['1.26.0'],
  world: goenv('GOTOOLCHAIN=local\n'),
};
