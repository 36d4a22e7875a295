import { appOfModules, download, moduleCache } from '../modules.ts';
import type { Harmless } from '../scenario.ts';
import { put } from '../site.ts';

export const scenario: Harmless = {
  title: 'recorded hashes that are none: go makes them anew from the zips',
  on: ['1.27.4'],
  needs: 'modules',
  files: appOfModules,
  world: (site) => download(site),
  change: (site) => {
    put(moduleCache(site, 'cache/download/example.com/a/@v/v1.0.0.ziphash'), '');
    put(moduleCache(site, 'cache/download/example.com/b/@v/v1.0.0.ziphash'), new Uint8Array([0, 255, 1]));
  },
};
