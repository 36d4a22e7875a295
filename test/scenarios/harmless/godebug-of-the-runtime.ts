import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'GODEBUG of the runtime',
  on: ['1.27.4'],
  world: sets({ GODEBUG: 'gctrace=0,madvdontneed=1' }),
};
