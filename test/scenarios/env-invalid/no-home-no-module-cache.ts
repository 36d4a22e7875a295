import { appOfModules, download } from '../modules.ts';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'a service without HOME, whose build cache has a place and its module cache has none',
  on: ['1.27.4', '1.21.13'],
  needs: 'modules',
  files: appOfModules,
  world: async (site) => {
    sets({ GOCACHE: `${site.home}/build-cache` })(site);
    await download(site);
  },
  drift: (site) => {
    delete site.env.HOME;
  },
  go: {
    run: 'go build ./...',
    exit: 1,
    says: /module cache not found: neither GOMODCACHE nor GOPATH is set/,
  },
  finds: [{ rule: 'env-invalid', key: 'env.GOMODCACHE' }],
  repair: byHand(/export (HOME), or GOPATH/, (site, [, name]) => sets({ [name as string]: site.home })(site)),
};
