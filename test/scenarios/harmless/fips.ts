import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOFIPS140 with a version that this tree has',
  on: ['1.24.13', '1.27.4'],
  world: sets({ GOFIPS140: 'v1.0.0' }),
  go: { run: 'go list ./...' },
};
