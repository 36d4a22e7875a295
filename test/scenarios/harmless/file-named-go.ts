import { join } from 'node:path';
import type { Harmless } from '../scenario.ts';
import { put } from '../site.ts';

export const scenario: Harmless = {
  title: 'a file named go that nobody may run',
  on: ['1.26.0'],
  world: (site) => {
    put(join(site.home, 'notes/go'), 'to do');
    site.first(join(site.home, 'notes'));
  },
};
