import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'windows/arm where it is still built',
  on: ['1.24.13'],
  world: sets({ GOOS: 'windows', GOARCH: 'arm' }),
};
