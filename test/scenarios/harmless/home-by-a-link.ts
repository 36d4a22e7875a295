import { symlinkSync } from 'node:fs';
import { appOfModules, download } from '../modules.ts';
import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'HOME is a link to the home of before',
  on: ['1.26.0'],
  needs: 'modules',
  files: appOfModules,
  world: async (site) => {
    await download(site);
    site.goenv('GOFLAGS=-trimpath\n');
  },
  change: (site) => {
    symlinkSync(site.home, `${site.home}-link`);
    site.env.HOME = `${site.home}-link`;
  },
};
