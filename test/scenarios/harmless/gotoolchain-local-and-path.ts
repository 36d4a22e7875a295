import type { Harmless } from '../scenario.ts';
import { gomod, sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOTOOLCHAIN=local+path, and a go line that the local go satisfies',
  on: ['1.26.0'],
  files: gomod('go 1.25', '', 'toolchain go1.26.0'),
  world: sets({ GOTOOLCHAIN: 'local+path' }),
};
