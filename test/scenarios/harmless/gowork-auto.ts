import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOWORK=auto, which is what nothing means',
  on: ['1.27.4', '1.24.13', '1.21.13'],
  files: { 'go.work': 'go 1.21\n\nuse .\n' },
  world: sets({ GOWORK: 'auto' }),
};
