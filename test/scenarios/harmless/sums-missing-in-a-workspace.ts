import { sumLines } from '../../lab/module-proxy.ts';
import { appOfModules, dep, depModules, download } from '../modules.ts';
import type { Harmless } from '../scenario.ts';

const [a = dep('a')] = depModules;

export const scenario: Harmless = {
  title: 'a workspace without the sums of what its members need: go builds',
  source: 'discovered: in a workspace -mod=readonly does not protect go.work.sum',
  on: ['1.27.4', '1.21.13'],
  needs: 'modules',
  files: { ...appOfModules, 'go.sum': sumLines([a]), 'go.work': 'go 1.21\n\nuse .\n' },
  world: async (site) => {
    await download(site);
    site.env.GONOSUMDB = 'example.com/*';
  },
  go: { run: 'go build ./...' },
};
