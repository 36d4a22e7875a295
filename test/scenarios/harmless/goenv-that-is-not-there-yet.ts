import { join } from 'node:path';
import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOENV names a file that go env -w will make',
  on: ['1.27.4'],
  world: (site) => sets({ GOENV: join(site.home, 'go.env') })(site),
};
