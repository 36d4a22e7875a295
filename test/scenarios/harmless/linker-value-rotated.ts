import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'a value for -X in GOFLAGS is a new one',
  on: ['1.26.0'],
  world: sets({ GOFLAGS: '-ldflags=-X=main.build=101' }),
  change: sets({ GOFLAGS: '-ldflags=-X=main.build=102' }),
};
