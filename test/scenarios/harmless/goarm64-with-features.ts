import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOARM64 with features',
  on: ['1.27.4'],
  world: sets({ GOARCH: 'arm64', GOARM64: 'v8.2,lse,crypto' }),
};
