import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOFLAGS written with other spaces and quotes',
  on: ['1.27.4'],
  world: sets({ GOFLAGS: '-trimpath -tags=netgo' }),
  change: sets({ GOFLAGS: "  -trimpath   '-tags=netgo' " }),
};
