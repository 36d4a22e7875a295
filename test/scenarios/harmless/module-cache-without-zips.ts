import { rmSync } from 'node:fs';
import { appOfModules, download, moduleCache } from '../modules.ts';
import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'the zips were removed from the module cache to save room, their hashes were left',
  on: ['1.27.4', '1.21.13'],
  needs: 'modules',
  files: appOfModules,
  world: (site) => download(site),
  change: (site) => {
    for (const name of ['a', 'b'])
      rmSync(moduleCache(site, `cache/download/example.com/${name}/@v/v1.0.0.zip`));
  },
};
