import { appOfModules, download } from '../modules.ts';
import type { Harmless } from '../scenario.ts';
import { gomod, sets } from '../site.ts';

export const scenario: Harmless = {
  title: '-modfile in GOFLAGS names a go.mod beside, which has a go.sum of its own',
  on: ['1.27.4', '1.21.13'],
  needs: 'modules',
  files: {
    ...gomod('go 1.21'),
    'app.go': appOfModules['app.go'],
    'other.mod': appOfModules['go.mod'],
    'other.sum': appOfModules['go.sum'],
  },
  world: async (site) => {
    await download(site);
    sets({ GOFLAGS: '-modfile=other.mod' })(site);
  },
};
