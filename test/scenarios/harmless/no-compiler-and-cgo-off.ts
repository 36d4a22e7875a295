import type { Harmless } from '../scenario.ts';
import { bin, sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'CGO_ENABLED=0 says the same whether a C compiler is there or not',
  on: ['1.27.4'],
  world: sets({ CGO_ENABLED: '0' }),
  change: (site) => sets({ PATH: bin(site.version) })(site),
};
