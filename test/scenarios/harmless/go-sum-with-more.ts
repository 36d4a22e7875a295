import { appOfModules, download } from '../modules.ts';
import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'go.sum has sums that no build needs, in another order',
  on: ['1.27.4'],
  needs: 'modules',
  files: appOfModules,
  world: (site) => download(site),
  change: (site) =>
    site.write('go.sum', `${appOfModules['go.sum'].trim().split('\n').reverse().join('\n')}\n`),
};
