import type { Harmless } from '../scenario.ts';
import { goEnvLine, sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOTOOLCHAIN=local is exported no more, and go.env says it now',
  on: ['1.27.4'],
  clone: { at: 'sdk/go' },
  world: sets({ GOTOOLCHAIN: 'local' }),
  change: (site) => {
    goEnvLine(site, 'GOTOOLCHAIN', 'local');
    delete site.env.GOTOOLCHAIN;
  },
};
