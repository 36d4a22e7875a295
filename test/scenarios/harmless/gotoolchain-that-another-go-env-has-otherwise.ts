import type { Harmless } from '../scenario.ts';
import { goEnvLine, sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'GOTOOLCHAIN=local is exported all the time, and the default of go.env goes from local to auto',
  on: ['1.27.4', '1.21.13'],
  clone: { at: 'sdk/go' },
  world: (site) => {
    goEnvLine(site, 'GOTOOLCHAIN', 'local');
    sets({ GOTOOLCHAIN: 'local' })(site);
  },
  change: (site) => goEnvLine(site, 'GOTOOLCHAIN', 'auto'),
};
