import type { Harmless } from '../scenario.ts';
import { bin } from '../site.ts';

export const scenario: Harmless = {
  title: 'an older go behind a newer one on PATH',
  on: ['1.26.0'],
  world: (site) => site.first(bin('1.27.4')),
};
