import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'a GOAUTH that a newer go would refuse',
  on: ['1.21.13'],
  world: sets({ GOAUTH: 'netrc;' }),
};
