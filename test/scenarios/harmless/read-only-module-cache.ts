import { appOfModules, download, moduleCache } from '../modules.ts';
import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'the module cache becomes read-only, as go leaves what it unpacks',
  on: ['1.26.0'],
  needs: 'modules',
  files: appOfModules,
  world: (site) => download(site),
  check: ['--cache'],
  change: async (site) => {
    await site.shell(`chmod -R a-w ${moduleCache(site, 'example.com')}`);
  },
};
