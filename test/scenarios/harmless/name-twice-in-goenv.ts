import type { Harmless } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Harmless = {
  title: 'a name twice in GOENV',
  on: ['1.26.0'],
  world: goenv('GOFLAGS=-nosuch\nGOFLAGS=-trimpath\n'),
};
