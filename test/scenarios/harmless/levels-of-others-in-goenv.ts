import type { Harmless } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Harmless = {
  title: 'a level of another architecture in GOENV',
  on: ['1.26.0'],
  world: goenv('GOARM64=v99\nGO386=387\n'),
};
